"""All that is durable, and the only home of SQL."""
