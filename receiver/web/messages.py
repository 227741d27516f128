"""The operations on messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from receiver.store.database import Database
from receiver.store.views import messages
from receiver.store.views.filters import MessageFilter
from receiver.store.views.messages import MessageView
from receiver.store.views.shapes import Page
from receiver.web.operations import Operation, reading
from receiver.web.parameters import Moment, Paged, Parameters, Question

Status = Literal[
    "queued", "accepted", "delivered", "reached", "seen", "played", "failed", "unknown"
]


Direction = Literal["incoming", "outgoing"]


class OneMessage(Parameters):
    """A name of a message."""

    id: str
    """Our id, sendMessage's `msgId`, or WhatsApp's id."""


class WantedMessages(Paged):
    """Which messages are wanted, wherever they are looked for."""

    direction: Direction | None = None
    type: str | None = None
    since: Moment | None = None
    """Sent at this time or after it."""
    until: Moment | None = None
    """Sent before this time."""

    @property
    def filter(self) -> MessageFilter:
        """The same for the store."""
        return MessageFilter(
            direction=self.direction, type=self.type, since=self.since, until=self.until
        )


class ManyMessages(WantedMessages):
    """Which of all messages are wanted."""

    status: Status | None = None
    q: Question | None = None
    """Words, "phrases" and beginnings* of text or sender, all of them; the latest to arrive first.
    """


def operations(database: Database) -> list[Operation]:
    """Return what can be done with messages."""
    engine = database.engine

    def many(given: ManyMessages) -> Page[MessageView]:
        wanted = replace(given.filter, status=given.status)
        limit, after = given.limit, given.cursor
        if given.q is not None:
            return messages.matching(engine, given.q, wanted, limit=limit, after=after)
        return messages.recent(engine, wanted, limit=limit, after=after)

    def one(given: OneMessage) -> MessageView | None:
        return messages.find(engine, given.id)

    return [
        reading("/messages", "Messages, the newest first", many),
        reading("/messages/{id:path}", "One message, by any of its names", one),
    ]
