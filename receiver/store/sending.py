"""The ledger of calls: what was begun, what was answered, and what nobody can know.

A send is made at most once. That it is called is on disk before the call, and what was answered
before the next one. Whoever finds a call without an answer does not repeat it: its message is
`unknown` until something that Maytapi tells later settles it (`receiver.store.settling`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from receiver.events import EventType
from receiver.maytapi import acks
from receiver.maytapi.identity import identify
from receiver.store import merging, settling
from receiver.store.changing import Change
from receiver.store.journal import Draft
from receiver.store.rows import Transaction
from receiver.store.settling import Answered, NewStatus
from receiver.store.tables import MessageRow, SendRow


class Begun(NamedTuple):
    """A call that is ours to make."""

    message_id: int
    phone_id: str
    request: dict[str, Any]
    called_at: int
    """Tells this call from an earlier one, that was taken back."""


class _Send(NamedTuple):
    phone_id: str
    conversation_id: int
    chat_id: str
    status: str | None
    request: str
    called_at: int | None
    answered_at: int | None


class _Called(NamedTuple):
    called_at: int | None
    message_id: int


class _MsgId(NamedTuple):
    msg_id: str
    id: int


class _WhatsAppId(NamedTuple):
    whatsapp_id: str
    canonical_key: int
    copy_key: int
    id: int


class _Failed(NamedTuple):
    status: str | None
    error: str
    id: int


_FIND = """
SELECT messages.phone_id, conversation_id, chat_id, status, request, called_at, sends.answered_at
FROM sends
JOIN messages ON messages.id = message_id
JOIN conversations ON conversations.id = conversation_id
WHERE message_id = {mark}
"""
_ANSWERED = "SELECT answered_at FROM sends WHERE message_id = {mark}"
_NAMESAKES = """
SELECT id, message_id FROM messages LEFT JOIN sends ON message_id = id
WHERE msg_id = {mark} AND phone_id IN ({mark}, '') AND id <> {mark}
"""
_COPIES = """
SELECT id, message_id FROM messages LEFT JOIN sends ON message_id = id
WHERE canonical_key = {mark} AND copy_key = {mark} AND id <> {mark}
"""


def is_settled(connection: Connection, message_id: int) -> bool:
    """Tell whether there is nothing more to do for a message; it may have been erased."""
    found = Transaction(connection).fetch(_ANSWERED, message_id)
    return not found or found[0][0] is not None


def begin(change: Change, message_id: int) -> Begun | None:
    """Note that a message is about to be sent; None where there is nothing more to do for it.

    One that was called before, and not answered, becomes unknown.
    """
    send = _find(change, message_id)
    if send is None or send.answered_at is not None:
        return None
    if send.called_at is not None:
        doubt(change, message_id)
        return None
    change.transaction.update(SendRow, [_Called(change.at, message_id)])
    return Begun(message_id, send.phone_id, orjson.loads(send.request), change.at)


def accept(change: Change, call: Begun, msg_id: str) -> bool:
    """Note Maytapi's answer; what was told of that name before is told of this message.

    False where another message of ours has the name already: then this one goes without.
    """
    send = _find(change, call.message_id)
    if send is None or send.answered_at is not None:
        return True
    named = _name(change, call.message_id, send, msg_id)
    settling.confirm(change, call.message_id)
    settling.settle(change, [send.conversation_id], called_at=send.called_at)
    return named


def fail(change: Change, call: Begun, *, code: str | None, message: str) -> None:
    """Note that a message was not sent, and never will be."""
    send = _find(change, call.message_id)
    if send is None or send.answered_at is not None:
        return
    data = orjson.dumps({"code": code, "message": message}).decode()
    status = acks.advance(send.status, acks.FAILED)
    change.transaction.update(MessageRow, [_Failed(status, data, call.message_id)])
    change.transaction.update(SendRow, [Answered(change.at, call.message_id)])
    change.tell(
        Draft(
            type=EventType.MESSAGE_FAILED,
            phone_id=send.phone_id,
            conversation_id=send.conversation_id,
            message_id=call.message_id,
            data=data,
        )
    )
    settling.settle(change, [send.conversation_id], called_at=send.called_at)


def take_back(change: Change, call: Begun) -> bool:
    """Note that a call surely did nothing, so that it may be made again.

    False where somebody took it for unknown meanwhile: then it stays so.
    """
    send = _find(change, call.message_id)
    if send is None or send.called_at != call.called_at or send.status != acks.QUEUED:
        return False
    change.transaction.update(SendRow, [_Called(None, call.message_id)])
    settling.settle(change, [send.conversation_id], called_at=send.called_at)
    return True


def doubt(change: Change, message_id: int) -> None:
    """Note that nobody knows whether a message was sent."""
    send = _find(change, message_id)
    if send is None or send.answered_at is not None:
        return
    status = acks.higher(send.status, acks.UNKNOWN)
    change.transaction.update(MessageRow, [NewStatus(status, message_id)])
    settling.settle(change, [send.conversation_id], called_at=send.called_at)


def _find(change: Change, message_id: int) -> _Send | None:
    found = change.transaction.fetch(_FIND, message_id)
    return _Send._make(found[0]) if found else None


def _name(change: Change, message_id: int, send: _Send, msg_id: str) -> bool:
    """Give a message the name of the answer, and take in whatever had that name."""
    named: _MsgId | _WhatsAppId
    if "_" in msg_id:  # WhatsApp's own id, which acks give under this name, too
        keys = identify(phone_id=send.phone_id, chat_id=send.chat_id, whatsapp_id=msg_id)
        named = _WhatsAppId(msg_id, *keys, message_id)
        found = change.transaction.fetch(_COPIES, *keys, message_id)
    else:
        named = _MsgId(msg_id, message_id)
        found = change.transaction.fetch(_NAMESAKES, msg_id, send.phone_id, message_id)
    if any(sent_id is not None for _, sent_id in found):
        return False
    for other, _ in found:
        merging.merge(change.transaction, into=message_id, old=other)
    change.transaction.update(MessageRow, [named])
    return True
