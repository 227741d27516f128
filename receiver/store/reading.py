"""Read the journal: rows become the events that handlers get."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from receiver.events import (
    CLASSES,
    ERASED,
    AckReceived,
    Event,
    LiveEvent,
    Location,
    Media,
    MessageFailed,
    MessageQueued,
    MessageReceived,
    MessageRevised,
    MessageSent,
    NotificationQuarantined,
    PhoneError,
    PhoneStatusChanged,
    PollTallied,
    ReactionReceived,
    Sender,
)
from receiver.maytapi import decoding
from receiver.store.rows import Transaction, listed
from receiver.store.statuses import STATUS


class _Read(NamedTuple):
    seq: int
    type: str
    at: int
    phone_id: str
    conversation_id: int | None
    message_id: int | None
    notification_id: int | None
    data: str
    chat_id: str | None
    found_id: int | None
    """The message's own id, where `message_id` is that of one that became a part of it."""
    direction: str | None
    msg_id: str | None
    whatsapp_id: str | None
    message_type: str | None
    text: str | None
    media: str | None
    location: str | None
    sender_id: str | None
    sender_name: str | None
    sender_phone: str | None
    sent_at: int | None
    status: str | None
    quoted: str | None
    payload: str | None


_SELECT = f"""
SELECT events.seq, events.type, events.at, events.phone_id, events.conversation_id,
       events.message_id, events.notification_id, events.data, conversations.chat_id, messages.id,
       direction, msg_id, whatsapp_id, messages.type, text, media, location, sender_id, sender_name,
       sender_phone, sent_at, CASE WHEN direction = 'outgoing' THEN {STATUS} END, quoted, payload
FROM events
LEFT JOIN conversations ON conversations.id = events.conversation_id
LEFT JOIN merged_messages ON merged_messages.id = events.message_id
LEFT JOIN messages ON messages.id = coalesce(merged_messages.message_id, events.message_id)
"""

_AFTER = _SELECT + "WHERE events.seq > {mark} ORDER BY events.seq LIMIT {mark}"
_BETWEEN = _SELECT + "WHERE events.seq > {mark} AND events.seq <= {mark}"
_THESE = f"""{_SELECT}
WHERE events.seq {{among_numbers}} AND events.type <> '{ERASED}' ORDER BY events.seq
"""


def after(connection: Connection, seq: int, *, limit: int) -> list[Event]:
    """Return the events behind a position, in their order."""
    return _events(Transaction(connection).fetch(_AFTER, seq, limit))


def between(
    connection: Connection, after: int, last: int, *, types: Collection[str] | None
) -> list[Event]:
    """Return the events behind a position and up to another, those of some types or (None) all."""
    transaction = Transaction(connection)
    if types is None:
        return _events(transaction.fetch(f"{_BETWEEN} ORDER BY events.seq", after, last))
    of_types = f"{_BETWEEN} AND events.type {{among_texts}} ORDER BY events.seq"
    return _events(transaction.fetch(of_types, after, last, listed(types)))


def these(connection: Connection, numbers: Sequence[int]) -> list[Event]:
    """Return the events of these numbers in their order, as far as they exist, and not erased."""
    return _events(Transaction(connection).fetch(_THESE, listed(numbers)))


def moment(milliseconds: int) -> datetime:
    """Return a stored time as handlers see it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def sender(id: str | None, name: str | None, phone: str | None) -> Sender | None:
    """Return who said a message, if anything of that is stored."""
    return Sender(id=id, name=name, phone=phone) if id or name or phone else None


def _events(rows: Sequence[Any]) -> list[Event]:
    return [_event(_Read._make(row)) for row in rows]


def _event(row: _Read) -> Event:
    data = decoding.reread(row.data.encode())
    common = {
        "id": row.seq,
        "event_type": row.type,
        "at": moment(row.at),
        "phone_id": row.phone_id or None,
        "conversation_id": row.conversation_id,
        "data": data,
    }
    kind = CLASSES.get(row.type, Event)
    return kind(**common, **_OWN.get(kind, _nothing)(row, data))


def _nothing(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _about(row: _Read) -> dict[str, Any]:
    return {
        "message_id": row.found_id or row.message_id,
        "chat_id": row.chat_id,
        "msg_id": row.msg_id,
        "whatsapp_id": row.whatsapp_id,
        "from_me": row.direction == "outgoing",
    }


def _message(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return _about(row) | {
        "type": row.message_type,
        "text": row.text,
        "media": Media(**orjson.loads(row.media)) if row.media else None,
        "location": Location(**orjson.loads(row.location)) if row.location else None,
        "sender": sender(row.sender_id, row.sender_name, row.sender_phone),
        "sent_at": moment(row.sent_at) if row.sent_at else None,
        "status": row.status,
        "first_copy": data.get("first_copy", True),
        "quoted": _quoted(row.quoted) if row.quoted else None,
        "payload": decoding.reread(row.payload.encode()) if row.payload else {},
    }


def _quoted(text: str) -> dict[str, Any]:
    quoted: dict[str, Any] = orjson.loads(text)
    sent_at = quoted["sent_at"]
    return quoted | {"sent_at": moment(sent_at) if sent_at else None}


def _ack(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    own = {"ack": data["type"], "status": data["status"], "advanced": data["advanced"]}
    return _about(row) | own


def _reaction(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    own = {"emoji": data["emoji"], "reactor_id": data["reactor_id"]}
    return _about(row) | own | _advance(data)


def _poll(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return _about(row) | {"text": data["text"], "options": data["options"]} | _advance(data)


def _advance(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"advanced": data.get("advanced", True)}


def _failure(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return _about(row) | _error(row, data)


def _error(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": data["code"], "error": data["message"]}


def _status(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": data["status"]}


def _live(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"event": data["event"]}


def _quarantined(row: _Read, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"notification_id": row.notification_id, "problems": data["problems"]}


_OWN: dict[type[Event], Callable[[_Read, Mapping[str, Any]], dict[str, Any]]] = {
    **dict.fromkeys((MessageReceived, MessageSent, MessageRevised, MessageQueued), _message),
    AckReceived: _ack,
    ReactionReceived: _reaction,
    PollTallied: _poll,
    MessageFailed: _failure,
    PhoneStatusChanged: _status,
    PhoneError: _error,
    LiveEvent: _live,
    NotificationQuarantined: _quarantined,
}
