"""The REST API: what was stored, for other programs."""

from __future__ import annotations

from receiver.store.database import Database
from receiver.web import conversations, events, messages, notifications
from receiver.web.operations import Operation


def operations(database: Database) -> list[Operation]:
    """Return everything that can be done below `/api`."""
    return [
        *conversations.operations(database),
        *messages.operations(database),
        *events.operations(database),
        *notifications.operations(database),
    ]
