"""The operations on messages."""

from __future__ import annotations

from typing import Literal

from receiver.store.database import Database
from receiver.store.views import messages
from receiver.store.views.filters import MessageFilter
from receiver.store.views.messages import MessageView
from receiver.store.views.shapes import Page
from receiver.web.conversations import Direction
from receiver.web.operations import Operation, reading
from receiver.web.parameters import Moment, Paged, Parameters, Question

Status = Literal[
    "queued", "accepted", "delivered", "reached", "seen", "played", "failed", "unknown"
]


class OneMessage(Parameters):
    """A name of a message."""

    id: str
    """Our id, sendMessage's `msgId`, or WhatsApp's id."""


class ManyMessages(Paged):
    """Which messages are wanted."""

    direction: Direction | None = None
    type: str | None = None
    status: Status | None = None
    since: Moment | None = None
    """Sent at this time or after it."""
    until: Moment | None = None
    """Sent before this time."""
    q: Question | None = None
    """Words, "phrases" and beginnings* of text or sender, all of them; the latest to arrive first.
    """


def operations(database: Database) -> list[Operation]:
    """Return what can be done with messages."""
    engine = database.engine

    def many(given: ManyMessages) -> Page[MessageView]:
        wanted = MessageFilter(
            direction=given.direction,
            type=given.type,
            status=given.status,
            since=given.since,
            until=given.until,
        )
        limit, after = given.limit, given.cursor
        if given.q is not None:
            return messages.matching(engine, given.q, wanted, limit=limit, after=after)
        return messages.recent(engine, wanted, limit=limit, after=after)

    def one(given: OneMessage) -> MessageView | None:
        return messages.find(engine, given.id)

    return [
        reading("/messages", "Messages, the newest first", ManyMessages, Page[MessageView], many),
        reading(
            "/messages/{id:path}", "One message, by any of its names", OneMessage, MessageView, one
        ),
    ]
