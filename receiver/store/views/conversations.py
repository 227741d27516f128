"""Conversations with their summaries, as they are kept with every message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, literal_column, select
from sqlalchemy.engine import Row
from sqlmodel import col

from receiver.maytapi import acks
from receiver.store import searching
from receiver.store.database import connected
from receiver.store.statuses import STATUS
from receiver.store.tables import ConversationRow, MessageRow
from receiver.store.views import filters
from receiver.store.views.filters import EVERY_CONVERSATION, ConversationFilter
from receiver.store.views.shapes import Cursor, Page, Time, below, page, timestamp


@dataclass(frozen=True, kw_only=True, slots=True)
class LastMessageView:
    """The newest message of a conversation, in short."""

    id: int
    direction: str
    type: str | None
    text: str | None
    status: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationView:
    """A chat of one of our phones."""

    id: int
    phone_id: str | None
    chat_id: str
    kind: str
    name: str | None
    unread: int
    """Incoming messages since the last outgoing one, or since it was marked as read."""
    last_message: LastMessageView | None
    last_activity_at: Time | None


def find(engine: Engine, conversation_id: int) -> ConversationView | None:
    """Return a conversation by its id."""
    statement = selected().where(col(ConversationRow.id) == conversation_id)
    with connected(engine) as connection:
        found = connection.execute(statement).first()
        return view(found) if found else None


def recent(
    engine: Engine,
    wanted: ConversationFilter = EVERY_CONVERSATION,
    *,
    question: str | None = None,
    limit: int,
    after: Cursor | None = None,
) -> Page[ConversationView]:
    """Return conversations, the one with the latest activity first.

    A question is for words of the name, or for the beginning of the phone number.
    """
    at, id = col(ConversationRow.last_activity_at), col(ConversationRow.id)
    statement = selected().where(*filters.of_conversations(wanted))
    if after is not None:
        statement = statement.where(below(at, id, after))
    with connected(engine) as connection:
        if question is None:
            ordered = statement.order_by(at.desc(), id.desc()).limit(limit + 1)
            found = connection.execute(ordered).all()
        else:
            found = searching.conversation_rows(connection, question, statement, limit=limit + 1)
    return page(found, limit, views=lambda rows: [view(row) for row in rows], cursor=place)


def selected() -> Select[Any]:
    """Return the question for all conversations, to be narrowed down."""
    is_last = col(ConversationRow.last_message_id) == col(MessageRow.id)
    newest: list[Any] = [
        col(getattr(MessageRow, name)).label(f"last_{name}")
        for name in ("id", "direction", "type", "text")
    ]
    newest.append(literal_column(STATUS).label("last_status"))
    conversations = ConversationRow.__table__  # type: ignore[attr-defined]
    return select(conversations, *newest).join_from(
        ConversationRow, MessageRow, is_last, isouter=True
    )


def place(row: Row[Any]) -> Cursor:
    """Return where a conversation stands in a list."""
    return Cursor(row.last_activity_at, row.id)


def view(row: Row[Any]) -> ConversationView:
    """Return the conversation of a row."""
    last: LastMessageView | None = None
    if row.last_id is not None:
        last = LastMessageView(
            id=row.last_id,
            direction=row.last_direction,
            type=row.last_type,
            text=row.last_text,
            status=acks.shown(row.last_status, row.last_direction),
        )
    return ConversationView(
        id=row.id,
        phone_id=row.phone_id or None,
        chat_id=row.chat_id,
        kind=row.kind,
        name=row.name,
        unread=row.unread,
        last_message=last,
        last_activity_at=timestamp(row.last_activity_at),
    )
