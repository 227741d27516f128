"""Handlers that a person might want: `RECEIVER_HANDLERS=examples.keywords:router`."""
