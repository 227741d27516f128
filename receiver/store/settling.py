"""Find out what has become of sends that nobody got an answer to.

What Maytapi tells later may name them: an ack, or an error, of a `msgId` that was never answered
to us, or the echo of the message itself. Which of them it means is decided in
`receiver.store.matching`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from receiver.events import EventType
from receiver.maytapi import acks
from receiver.store import matching, merging
from receiver.store.changing import Change
from receiver.store.journal import Draft
from receiver.store.matching import AFTER, BEFORE, Sent, Stranger
from receiver.store.rows import listed
from receiver.store.tables import MessageRow, SendRow

LOOK_BACK = timedelta(days=7)
"""A phone that was off line tells late."""


class NewStatus(NamedTuple):
    """What a message has come to, to be written."""

    status: str | None
    id: int


class Answered(NamedTuple):
    """That there is nothing more to do for a message, to be written."""

    answered_at: int
    message_id: int


_OLDEST_UNKNOWN = """
SELECT called_at FROM sends JOIN messages ON messages.id = message_id
WHERE called_at IS NOT NULL AND answered_at IS NULL AND called_at >= {mark}
  AND status = 'unknown' AND conversation_id {among_numbers}
ORDER BY called_at LIMIT 1
"""
_STRANGERS = """
SELECT messages.id, conversation_id, type, text, msg_id, at, received_at
FROM messages LEFT JOIN sends ON message_id = messages.id
WHERE conversation_id {among_numbers} AND at >= {mark} AND message_id IS NULL
  AND direction = 'outgoing'
"""
# Of what has WhatsApp's id already the echo has come.
_SENT = """
SELECT messages.id, conversation_id, type, text, status, called_at, answered_at
FROM messages JOIN sends ON message_id = messages.id
WHERE conversation_id {among_numbers} AND at >= {mark} AND called_at IS NOT NULL
  AND status <> 'failed' AND whatsapp_id IS NULL
"""
_STATUS = "SELECT phone_id, conversation_id, status FROM messages WHERE id = {mark}"


def settle(change: Change, conversations: Collection[int], *, called_at: int | None = None) -> None:
    """Settle what can be settled in these conversations.

    Where something was learnt of one call alone, `called_at` is its time: only what was called near
    it, or later, can be settled by that.
    """
    transaction, chats = change.transaction, listed(conversations)
    look_back = change.at - LOOK_BACK // timedelta(milliseconds=1)
    since = look_back if called_at is None else max(look_back, called_at - BEFORE - AFTER)
    unknown = transaction.fetch(_OLDEST_UNKNOWN, since, chats) if chats else ()
    if not unknown:
        return
    found = transaction.fetch(_STRANGERS, chats, unknown[0][0] - BEFORE)
    if not found:
        return
    strangers = [*map(Stranger._make, found)]
    sent = [*map(Sent._make, transaction.fetch(_SENT, chats, look_back))]
    for one, stranger in matching.names(sent, strangers) + matching.echoes(sent, strangers):
        merging.merge(transaction, into=one.id, old=stranger.id)
        confirm(change, one.id, told=stranger.type is not None)


def confirm(change: Change, message_id: int, *, told: bool = False) -> None:
    """Note that Maytapi has taken a message; it may have come further, or failed, already.

    `told` says that the journal has it as sent.
    """
    [(phone_id, conversation_id, before)] = change.transaction.fetch(_STATUS, message_id)
    status = acks.higher(before, acks.ACCEPTED)
    change.transaction.update(MessageRow, [NewStatus(status, message_id)])
    change.transaction.update(SendRow, [Answered(change.at, message_id)])
    if not told and status != acks.FAILED:
        change.tell(
            Draft(
                type=EventType.MESSAGE_SENT,
                phone_id=phone_id,
                conversation_id=conversation_id,
                message_id=message_id,
            )
        )
