"""What is stored, in the shapes of the REST API.

Times become RFC 3339 in UTC. Lists are paged by key: a cursor names the last row given, so that a
page costs the same at any depth, and rows that come in between are neither skipped nor repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine, Select, select
from sqlalchemy.engine import Connection, Row
from sqlmodel import SQLModel, col

from receiver.maytapi.identity import canonical_key, is_bare
from receiver.store.tables import (
    AckRow,
    ConversationRow,
    MergedMessageRow,
    MessageRow,
    PollTallyRow,
    ReactionRow,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AckView:
    """A transition of a message."""

    type: str
    at: str | None
    received_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReactionView:
    """The reaction of one person, as far as it was not taken back."""

    emoji: str
    reactor_id: str
    at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderView:
    """Who said it, as far as it was told."""

    id: str | None
    name: str | None
    phone: str | None


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
    media: Any
    location: Any
    sender: SenderView | None
    sent_at: str | None
    received_at: str
    status: str | None
    acks: list[AckView]
    reactions: list[ReactionView]
    poll: Any
    """Question and votes, as they were tallied last."""
    quoted: Any
    deleted_at: str | None
    error: Any
    payload: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A part of a list; `next` is the cursor of the part behind it."""

    data: Sequence[Any]
    next: str | None


def message(engine: Engine, name: str) -> MessageView | None:
    """Return a message by our id, by `msgId`, or by WhatsApp's id."""
    with engine.connect() as connection:
        for statement in _named(name):
            if found := connection.execute(statement).first():
                return _views(connection, [found])[0]
    return None


def messages(engine: Engine, *, limit: int, before: int | None = None) -> Page:
    """Return messages, the newest first, from below the id `before`."""
    statement = _messages().order_by(col(MessageRow.id).desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(col(MessageRow.id) < before)
    with engine.connect() as connection:
        found = connection.execute(statement).all()
        page = found[:limit]
        more = str(page[-1].id) if len(found) > limit else None
        return Page(data=_views(connection, page), next=more)


def timestamp(milliseconds: int | None) -> str | None:
    """Write a time as RFC 3339; 0 and None are no time."""
    if not milliseconds:
        return None
    seconds, rest = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:03}Z" if rest else f"{text}Z"


def _messages() -> Select[Any, str]:
    in_conversation = col(MessageRow.conversation_id) == col(ConversationRow.id)
    messages = MessageRow.__table__  # type: ignore[attr-defined]
    return select(messages, col(ConversationRow.chat_id)).join_from(
        MessageRow, ConversationRow, in_conversation
    )


def _named(name: str) -> Iterable[Select[Any, str]]:
    if name.isascii() and name.isdigit() and len(name) < 19:
        number = int(name)
        yield _messages().where(col(MessageRow.id) == number)
        alias = select(col(MergedMessageRow.message_id)).where(col(MergedMessageRow.id) == number)
        yield _messages().where(col(MessageRow.id).in_(alias))
    yield _messages().where(col(MessageRow.msg_id) == name).order_by(col(MessageRow.id))
    same_key = _messages().where(col(MessageRow.canonical_key) == canonical_key(name))
    if not is_bare(name):
        same_key = same_key.where(col(MessageRow.whatsapp_id) == name)
    yield same_key.order_by(col(MessageRow.id))


def _views(connection: Connection, found: Sequence[Row[Any]]) -> list[MessageView]:
    ids = [row.id for row in found]
    acks = _grouped(connection, AckRow, ids, by=("at", "received_at", "type"))
    reactions = _grouped(connection, ReactionRow, ids, by=("at", "emoji"))
    tallies = _grouped(connection, PollTallyRow, ids, by=("at", "tally"))
    return [
        _view(row, acks.get(row.id, []), reactions.get(row.id, []), tallies.get(row.id, []))
        for row in found
    ]


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
    row: Row[Any], acks: list[Row[Any]], reactions: list[Row[Any]], tallies: list[Row[Any]]
) -> MessageView:
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
        media=_json(row.media),
        location=_json(row.location),
        sender=_sender(row),
        sent_at=timestamp(row.sent_at),
        received_at=timestamp(row.received_at) or "",
        status=row.status,
        acks=[
            AckView(type=a.type, at=timestamp(a.at), received_at=timestamp(a.received_at) or "")
            for a in acks
        ],
        reactions=_latest_reactions(reactions),
        poll=_json(tallies[-1].tally) if tallies else None,
        quoted=_quoted(row.quoted),
        deleted_at=timestamp(row.deleted_at),
        error=_json(row.error),
        payload=_json(row.payload) or {},
    )


def _sender(row: Row[Any]) -> SenderView | None:
    if row.sender_id or row.sender_name or row.sender_phone:
        return SenderView(id=row.sender_id, name=row.sender_name, phone=row.sender_phone)
    return None


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


def _json(text: str | None) -> Any:
    # A fragment goes out as it is: nothing is parsed and written again on the way.
    return orjson.Fragment(text) if text is not None else None
