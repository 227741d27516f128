"""The REST API: what was stored, for other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from receiver.store.database import Database
from receiver.store.operating import Known
from receiver.store.writer import Writer
from receiver.web import (
    conversations,
    description,
    events,
    handlers,
    messages,
    notifications,
    openapi,
    sending,
)
from receiver.web.operations import Operation
from receiver.web.stream import Streams


def operations(
    database: Database,
    writer: Writer,
    streams: Streams,
    loaded: Mapping[str, Known] | None = None,
    *,
    default_phone: str | None = None,
    max_body_bytes: int = sending.MAX_BODY_BYTES,
    has_sender: bool = True,
    beside: Sequence[Operation] = (),
) -> list[Operation]:
    """Return everything that can be done below `/api`, the description of all included.

    `loaded` are the handlers whose code is loaded here, None where it is elsewhere; `beside` is
    what can be done elsewhere than below `/api`.
    """
    listed = [
        *conversations.operations(database, writer),
        *messages.operations(database),
        sending.operation(
            database,
            writer,
            default_phone=default_phone,
            max_body_bytes=max_body_bytes,
            has_sender=has_sender,
        ),
        *events.operations(database),
        streams.operation,
        *notifications.operations(database, writer),
        *handlers.operations(database, writer, loaded),
    ]
    below = [replace(one, path=f"{openapi.PREFIX}{one.path}") for one in listed]
    described = description.operations([*beside, *below], version=version("maytapi-receiver"))
    return [*below, *described]
