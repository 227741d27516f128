"""Which rows of a list are wanted, and what that asks of the database.

Times are in milliseconds since 1970; `until` means before it. What is None is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, TextClause, literal_column, or_, select, text
from sqlmodel import col

from receiver.store.statuses import STATUS
from receiver.store.tables import (
    IS_NO_TEXT,
    IS_OPEN,
    IS_UNREAD,
    OPEN_STATUSES,
    ConversationRow,
    EventRow,
    MessageRow,
)

Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFilter:
    """Which messages are wanted, by their time in the conversation."""

    conversation_id: int | None = None
    direction: str | None = None
    type: str | None = None
    status: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationFilter:
    """Which conversations are wanted, by their latest activity."""

    phone_id: str | None = None
    kind: str | None = None
    unread: bool | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFilter:
    """Which events are wanted."""

    type: str | None = None
    conversation_id: int | None = None

    def admits(self, type: str, conversation_id: int | None) -> bool:
        """Tell whether an event of this type, in this conversation, is one of them."""
        return self.type in (None, type) and self.conversation_id in (None, conversation_id)


EVERY_MESSAGE = MessageFilter()
EVERY_CONVERSATION = ConversationFilter()
EVERY_EVENT = EventFilter()


def of_messages(wanted: MessageFilter) -> Iterable[Condition]:
    """Return what a filter asks of a message."""
    yield from equal(col(MessageRow.conversation_id), wanted.conversation_id)
    yield from equal(col(MessageRow.direction), wanted.direction)
    yield from equal(col(MessageRow.type), wanted.type)
    if wanted.status is not None:
        is_open = wanted.status in OPEN_STATUSES  # then no tick has come
        status: Any = col(MessageRow.status) if is_open else literal_column(STATUS)
        yield status == wanted.status
        yield col(MessageRow.direction) == "outgoing"
    yield from between(col(MessageRow.at), wanted.since, wanted.until)
    if wanted.conversation_id is None:
        # SQLite takes a partial index only for a question that repeats its condition.
        if wanted.status in OPEN_STATUSES:
            yield text(IS_OPEN)
        if wanted.type not in (None, "text"):
            yield text(IS_NO_TEXT)


def of_conversations(wanted: ConversationFilter) -> Iterable[Condition]:
    """Return what a filter asks of a conversation, and that there is something in it.

    What acks told of a message moves to the conversation that turns out to be the right one; where
    it was before stays for the events that name it.
    """
    inside = col(MessageRow.conversation_id) == col(ConversationRow.id)
    # One, as a value: asked whether any exists, PostgreSQL might read the messages of all.
    message = select(col(MessageRow.id)).where(inside).limit(1).correlate(ConversationRow)
    has_message = message.scalar_subquery().is_not(None)
    yield or_(col(ConversationRow.last_activity_at) > 0, has_message)
    phone_id: Any = col(ConversationRow.phone_id)
    if wanted.unread:
        yield text(IS_UNREAD)
        phone_id = phone_id + ""  # so that it is looked for among the unread, which are few
    yield from equal(phone_id, wanted.phone_id)
    yield from equal(col(ConversationRow.kind), wanted.kind)
    if wanted.unread is False:
        yield col(ConversationRow.unread) == 0
    yield from between(col(ConversationRow.last_activity_at), wanted.since, wanted.until)


def of_events(wanted: EventFilter) -> Iterable[Condition]:
    """Return what a filter asks of an event."""
    yield from equal(col(EventRow.type), wanted.type)
    yield from equal(col(EventRow.conversation_id), wanted.conversation_id)


def equal(column: Any, value: object) -> Iterable[Condition]:
    """Return what a value asks of a column."""
    if value is not None:
        yield column == value


def between(column: Any, since: int | None, until: int | None) -> Iterable[Condition]:
    """Return what a span asks of a column of times."""
    if since is not None:
        yield column >= since
    if until is not None:
        yield column < until
