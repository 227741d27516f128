"""From the journal to handlers: in order, at least once, and never in the webhook's way."""
