"""The REST API: what was stored, for other programs."""

from __future__ import annotations

from importlib.metadata import version

from receiver.store.database import Database
from receiver.store.writer import Writer
from receiver.web import conversations, description, events, messages, notifications, sending
from receiver.web.operations import Operation
from receiver.web.stream import Streams


def operations(
    database: Database,
    writer: Writer,
    streams: Streams,
    *,
    default_phone: str | None = None,
    max_body_bytes: int = sending.MAX_BODY_BYTES,
) -> list[Operation]:
    """Return everything that can be done below `/api`, its description included."""
    listed = [
        *conversations.operations(database, writer),
        *messages.operations(database),
        sending.operation(
            database, writer, default_phone=default_phone, max_body_bytes=max_body_bytes
        ),
        *events.operations(database),
        streams.operation,
        *notifications.operations(database, writer),
    ]
    return [*listed, *description.operations(listed, version=version("maytapi-receiver"))]
