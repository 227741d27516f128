"""A durable inbox for the Maytapi WhatsApp API."""
