"""Messages, with all that was said about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Engine, Select, select
from sqlalchemy.engine import Connection, Row
from sqlmodel import SQLModel, col

from receiver.events import Location, Media, Sender
from receiver.maytapi import acks
from receiver.maytapi.identity import canonical_key, is_bare
from receiver.store import searching
from receiver.store.database import connected
from receiver.store.reading import sender
from receiver.store.tables import (
    AckRow,
    ConversationRow,
    MergedMessageRow,
    MessageRow,
    PollTallyRow,
    ReactionRow,
)
from receiver.store.views import filters
from receiver.store.views.filters import EVERY_MESSAGE, MessageFilter
from receiver.store.views.shapes import (
    Cursor,
    Page,
    Time,
    below,
    json,
    page,
    timestamp,
    written,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AckView:
    """A transition of a message."""

    type: str
    at: Time | None
    received_at: Time


@dataclass(frozen=True, kw_only=True, slots=True)
class ReactionView:
    """The reaction of one person, as far as it was not taken back."""

    emoji: str
    reactor_id: str
    at: Time | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QuotedView:
    """The message that one answers to, as it was told with the answer."""

    whatsapp_id: str | None
    type: str | None
    text: str | None
    sender: Sender | None
    sent_at: Time | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureView:
    """Why a message could not be sent, in Maytapi's words."""

    code: str | None
    message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageView:
    """A message with all that was said about it; without a type it is known by its acks alone."""

    id: int
    phone_id: str | None
    conversation_id: int
    chat_id: str
    direction: str
    msg_id: str | None
    whatsapp_id: str | None
    type: str | None
    text: str | None
    media: Media | None
    location: Location | None
    sender: Sender | None
    sent_at: Time | None
    received_at: Time
    status: str | None
    acks: list[AckView]
    reactions: list[ReactionView]
    poll: dict[str, Any] | None
    """Question and votes, as they were tallied last."""
    quoted: QuotedView | None
    deleted_at: Time | None
    error: FailureView | None
    payload: dict[str, Any]


def find(engine: Engine, name: str) -> MessageView | None:
    """Return a message by our id, by `msgId`, or by WhatsApp's id."""
    if "\0" in name:  # PostgreSQL can't even be asked for it, and nothing is named so
        return None
    with connected(engine) as connection:
        for statement in _named(name):
            if found := connection.execute(statement).first():
                return views(connection, [found])[0]
    return None


def recent(
    engine: Engine,
    wanted: MessageFilter = EVERY_MESSAGE,
    *,
    limit: int,
    after: Cursor | None = None,
) -> Page[MessageView]:
    """Return messages, the newest first: by their time, and then by their arrival."""
    at, id = col(MessageRow.at), col(MessageRow.id)
    statement = selected().where(*filters.of_messages(wanted)).order_by(at.desc(), id.desc())
    if after is not None:
        statement = statement.where(below(at, id, after))
    with connected(engine) as connection:
        found = connection.execute(statement.limit(limit + 1)).all()
        return page(found, limit, views=lambda rows: views(connection, rows), cursor=place)


def matching(
    engine: Engine,
    question: str,
    wanted: MessageFilter = EVERY_MESSAGE,
    *,
    limit: int,
    after: Cursor | None = None,
) -> Page[MessageView]:
    """Return messages that hold what is looked for, the latest to arrive first."""
    with connected(engine) as connection:
        ids = searching.message_ids(
            connection,
            question,
            filters.of_messages(wanted),
            before=after.id if after else None,
            limit=limit + 1,
        )
        id, shown = col(MessageRow.id), ids[:limit]
        found = connection.execute(selected().where(id.in_(shown)).order_by(id.desc())).all()
        # Of one that became a part of another there may be words still, and no row.
        more = Cursor(0, shown[-1]) if len(ids) > limit else None
        return Page(data=views(connection, found), next=str(more) if more else None)


def as_queued(message: MessageView) -> MessageView:
    """Return a message of ours as it was when it was queued, whatever has become of it."""
    return replace(
        message, status=acks.QUEUED, acks=[], reactions=[], poll=None, msg_id=None,
        whatsapp_id=None, sender=None, sent_at=None, deleted_at=None, error=None, payload={},
    )  # fmt: skip


def selected() -> Select[Any, str]:
    """Return the question for all messages, to be narrowed down."""
    in_conversation = col(MessageRow.conversation_id) == col(ConversationRow.id)
    messages = MessageRow.__table__  # type: ignore[attr-defined]
    return select(messages, col(ConversationRow.chat_id)).join_from(
        MessageRow, ConversationRow, in_conversation
    )


def place(row: Row[Any]) -> Cursor:
    """Return where a message stands in a list."""
    return Cursor(row.at, row.id)


def views(connection: Connection, found: Sequence[Row[Any]]) -> list[MessageView]:
    """Return the messages of these rows, each with what was said about it."""
    ids = [row.id for row in found]
    acks = _grouped(connection, AckRow, ids, by=("at", "received_at", "type"))
    reactions = _grouped(connection, ReactionRow, ids, by=("at", "emoji"))
    tallies = _grouped(connection, PollTallyRow, ids, by=("at", "tally"))
    return [
        _view(row, acks.get(row.id, []), reactions.get(row.id, []), tallies.get(row.id, []))
        for row in found
    ]


def _named(name: str) -> Iterable[Select[Any, str]]:
    if name.isascii() and name.isdigit() and len(name) < 19:
        number = int(name)
        yield selected().where(col(MessageRow.id) == number)
        alias = select(col(MergedMessageRow.message_id)).where(col(MergedMessageRow.id) == number)
        yield selected().where(col(MessageRow.id).in_(alias))
    yield selected().where(col(MessageRow.msg_id) == name).order_by(col(MessageRow.id))
    same_key = selected().where(col(MessageRow.canonical_key) == canonical_key(name))
    if not is_bare(name):
        same_key = same_key.where(col(MessageRow.whatsapp_id) == name)
    yield same_key.order_by(col(MessageRow.id))


def _grouped(
    connection: Connection, table: type[SQLModel], ids: Sequence[int], *, by: Sequence[str]
) -> dict[int, list[Row[Any]]]:
    columns = table.__table__.c  # type: ignore[attr-defined]
    statement = select(*columns).where(columns.message_id.in_(ids))
    groups: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(statement.order_by(*(columns[name] for name in by))):
        groups.setdefault(row.message_id, []).append(row)
    return groups


def _view(
    row: Row[Any], told: list[Row[Any]], reactions: list[Row[Any]], tallies: list[Row[Any]]
) -> MessageView:
    status = acks.shown(acks.highest(row.status, [one.type for one in told]), row.direction)
    return MessageView(
        id=row.id,
        phone_id=row.phone_id or None,
        conversation_id=row.conversation_id,
        chat_id=row.chat_id,
        direction=row.direction,
        msg_id=row.msg_id,
        whatsapp_id=row.whatsapp_id,
        type=row.type,
        text=row.text,
        media=json(row.media),
        location=json(row.location),
        sender=sender(row.sender_id, row.sender_name, row.sender_phone),
        sent_at=timestamp(row.sent_at),
        received_at=written(row.received_at),
        status=status,
        acks=[
            AckView(type=a.type, at=timestamp(a.at), received_at=written(a.received_at))
            for a in told
        ],
        reactions=_latest_reactions(reactions),
        poll=json(tallies[-1].tally) if tallies else None,
        quoted=_quoted(row.quoted),
        deleted_at=timestamp(row.deleted_at),
        # A tick told since that it was sent all the same.
        error=json(row.error) if status == acks.FAILED else None,
        payload=json(row.payload) or {},
    )


def _latest_reactions(told: list[Row[Any]]) -> list[ReactionView]:
    latest = {row.reactor_id: row for row in told}
    return [
        ReactionView(emoji=row.emoji, reactor_id=row.reactor_id, at=timestamp(row.at))
        for row in latest.values()
        if row.emoji
    ]


def _quoted(text: str | None) -> Any:
    if text is None:
        return None
    quoted = orjson.loads(text)
    quoted["sent_at"] = timestamp(quoted["sent_at"])
    return quoted
