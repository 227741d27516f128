"""The REST API: what was stored, for other programs."""

from __future__ import annotations

from importlib.metadata import version

from receiver.store.database import Database
from receiver.store.writer import Writer
from receiver.web import conversations, description, events, messages, notifications
from receiver.web.operations import Operation
from receiver.web.stream import Streams


def operations(database: Database, writer: Writer, streams: Streams) -> list[Operation]:
    """Return everything that can be done below `/api`, its description included."""
    listed = [
        *conversations.operations(database, writer),
        *messages.operations(database),
        *events.operations(database),
        streams.operation,
        *notifications.operations(database, writer),
    ]
    return [*listed, *description.operations(listed, version=version("maytapi-receiver"))]
