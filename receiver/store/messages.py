"""Record messages: each copy once, whoever repeats it, in whatever order its parts arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

import orjson

from receiver.events import EventType
from receiver.maytapi.identity import is_bare
from receiver.maytapi.messages import Message
from receiver.store import conversations, merging
from receiver.store.conversations import Chat, Conversation
from receiver.store.journal import Draft, Heads
from receiver.store.rows import Transaction, listed
from receiver.store.tables import MessageRow

Something = TypeVar("Something")


class Arrival(NamedTuple, Generic[Something]):
    """A thing that a new notification says, and its place in the batch."""

    order: int
    notification_id: int
    said: Something


class _NewMessage(NamedTuple):
    phone_id: str
    conversation_id: int
    direction: str
    whatsapp_id: str | None
    canonical_key: int
    copy_key: int
    type: str
    text: str | None
    media: str | None
    location: str | None
    quoted: str | None
    sender_id: str | None
    sender_name: str | None
    sender_phone: str | None
    sent_at: int | None
    at: int
    payload: str
    notification_id: int
    received_at: int
    id: int


class _Copy(NamedTuple):
    """A stored message with the key of one that arrived: itself, or another phone's copy."""

    id: int
    canonical_key: int
    copy_key: int
    phone_id: str
    chat_id: str
    whatsapp_id: str | None
    type: str | None
    sent_at: int | None
    is_awaited: bool = False
    """Whether its own content is in the batch."""


_FIND_COPIES = """
SELECT messages.id, canonical_key, copy_key, messages.phone_id, chat_id, whatsapp_id, type, sent_at
FROM messages JOIN conversations ON conversations.id = conversation_id
WHERE canonical_key {among_numbers}
  AND messages.id + 0 <= {mark}  -- added, so that only the key is looked up
ORDER BY messages.id
"""

_FIND_CONTENT = "SELECT payload, type, text FROM messages WHERE id = {mark}"

_FIRST_COPY = '{"first_copy":true}'
_FURTHER_COPY = '{"first_copy":false}'


def record(
    transaction: Transaction,
    heads: Heads,
    arrivals: Sequence[Arrival[Message]],
    *,
    received_at: int,
    again: bool = False,
) -> list[Draft]:
    """Store messages with their conversations; return an event for each that was news.

    What is read `again` is no news where later content has taken its place.
    """
    if not arrivals:
        return []
    chats = conversations.open_all(
        transaction, heads, [(one.said.phone_id, one.said.chat_id) for one in arrivals]
    )
    last_id = heads.message_id
    new = []
    for arrival in arrivals:
        heads.message_id += 1
        new.append(_row(arrival, chats, heads.message_id, received_at))
    transaction.insert_new(MessageRow, new)
    copies = _find_copies(transaction, new, last_id)
    drafts = [
        draft
        for arrival, row in zip(arrivals, new, strict=True)
        if (draft := _settle(transaction, arrival, row, chats, copies, again))
    ]
    conversations.save(transaction, chats.values())
    return drafts


def _row(
    arrival: Arrival[Message], chats: dict[Chat, Conversation], message_id: int, received_at: int
) -> _NewMessage:
    message = arrival.said
    sender = message.sender
    return _NewMessage(
        message.phone_id,
        chats[message.phone_id, message.chat_id].id,
        "outgoing" if message.from_me else "incoming",
        message.whatsapp_id,
        message.identity.canonical,
        message.identity.copy,
        message.type,
        message.text,
        orjson.dumps(message.media).decode() if message.media else None,
        orjson.dumps(message.location).decode() if message.location else None,
        orjson.dumps(message.quoted).decode() if message.quoted else None,
        sender.id if sender else None,
        sender.name if sender else None,
        sender.phone if sender else None,
        message.sent_at,
        # A time in the future is somebody's wrong clock: it may not stay on top for ever.
        min(message.sent_at or received_at, received_at),
        message.payload,
        arrival.notification_id,
        received_at,
        message_id,
    )


def _find_copies(
    transaction: Transaction, new: Sequence[_NewMessage], last_id: int
) -> dict[int, list[_Copy]]:
    """Return, by canonical key, what was there before these rows were inserted."""
    keys = listed(row.canonical_key for row in new)
    arrived = {row.copy_key for row in new}
    copies: dict[int, list[_Copy]] = {}
    for row in transaction.fetch(_FIND_COPIES, keys, last_id):
        found = _Copy(*row)
        found = found._replace(is_awaited=found.copy_key in arrived)
        copies.setdefault(found.canonical_key, []).append(found)
    return copies


def _settle(
    transaction: Transaction,
    arrival: Arrival[Message],
    row: _NewMessage,
    chats: dict[Chat, Conversation],
    copies: dict[int, list[_Copy]],
    again: bool,
) -> Draft | None:
    """See what has become of an insert; complete, revise or leave alone what was there before."""
    message = arrival.said
    siblings = copies.setdefault(row.canonical_key, [])
    stored = next((copy for copy in siblings if copy.copy_key == row.copy_key), None)
    kind = EventType.MESSAGE_SENT if message.from_me else EventType.MESSAGE_RECEIVED
    message_id = stored.id if stored else row.id
    if stored and stored.type is not None:
        if not _revise(transaction, stored, row, again):
            return None
        kind = EventType.MESSAGE_REVISED
        if (row.sent_at or 0) > (stored.sent_at or 0):
            siblings[siblings.index(stored)] = stored._replace(sent_at=row.sent_at)
    elif stored:
        # It was known by its acks alone.
        transaction.update(MessageRow, [row._replace(id=message_id)])
        siblings.remove(stored)
    _take_in(transaction, row, message_id, siblings)
    conversation = chats[message.phone_id, message.chat_id]
    conversation.add(
        message_id=message_id,
        at=row.at,
        incoming=not message.from_me,
        chat_name=message.chat_name,
        again=kind is EventType.MESSAGE_REVISED,
    )
    if kind is not EventType.MESSAGE_REVISED:
        siblings.append(_copy(row, message_id, message.chat_id))
    return Draft(
        order=arrival.order,
        type=kind,
        notification_id=arrival.notification_id,
        phone_id=message.phone_id,
        conversation_id=conversation.id,
        message_id=message_id,
        data=_FURTHER_COPY if _has_others(siblings, message_id, message.chat_id) else _FIRST_COPY,
    )


def _take_in(
    transaction: Transaction, row: _NewMessage, message_id: int, siblings: list[_Copy]
) -> None:
    """Make what acks have told of a message, under other names, a part of it."""
    for placeholder in [copy for copy in siblings if _is_placeholder_of(copy, row)]:
        merging.merge(transaction, into=message_id, old=placeholder.id)
        siblings.remove(placeholder)


def _has_others(siblings: Sequence[_Copy], message_id: int, chat_id: str) -> bool:
    """Tell whether other phones of ours in the chat have brought the message, too."""
    return any(one.id != message_id and one.chat_id == chat_id and one.type for one in siblings)


def _copy(row: _NewMessage, message_id: int, chat_id: str) -> _Copy:
    return _Copy(
        message_id, row.canonical_key, row.copy_key, row.phone_id, chat_id, row.whatsapp_id,
        row.type, row.sent_at,
    )  # fmt: skip


def _revise(transaction: Transaction, stored: _Copy, row: _NewMessage, again: bool) -> bool:
    """Take over other content of a known message; return whether that is news.

    The latest wins by the time in it, so that the order of arrival makes no difference.
    """
    [(payload, *content)] = transaction.fetch(_FIND_CONTENT, stored.id)
    if payload == row.payload:
        return False
    if (row.sent_at or 0, row.payload) > (stored.sent_at or 0, payload or ""):
        transaction.update(MessageRow, [row._replace(id=stored.id)])
        # One of ours has no payload before it comes back, as a rule with the words that we sent.
        return payload is not None or content != [row.type, row.text]
    return not again


def _is_placeholder_of(copy: _Copy, row: _NewMessage) -> bool:
    """Tell whether acks made this row, without knowing the phone or the whole id of the message."""
    return (
        copy.type is None
        and not copy.is_awaited
        and copy.phone_id in ("", row.phone_id)
        and (
            copy.whatsapp_id == row.whatsapp_id
            or is_bare(copy.whatsapp_id or "")
            or is_bare(row.whatsapp_id or "")
        )
    )
