"""Find out what has become of sends that nobody got an answer to.

What Maytapi tells later may name them: an ack, or an error, of a `msgId` that was never answered
to us, or the echo of the message itself. A match must be the only one possible, in both directions
and with calls that are under way counted in: a message that stays unknown does less harm than one
that is taken for another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from receiver.events import EventType
from receiver.maytapi import acks
from receiver.maytapi.identity import is_api_id
from receiver.store import merging
from receiver.store.changing import Change
from receiver.store.journal import Draft
from receiver.store.rows import listed
from receiver.store.tables import MessageRow, SendRow

CALL_WITHIN = timedelta(minutes=5)
"""From the call to the moment at which Maytapi makes up the name."""
TOLD_WITHIN = timedelta(minutes=10)
"""From the call to what is told of it, where the name itself tells no time."""
LOOK_BACK = timedelta(days=7)
"""A phone that was off line tells late."""
SKEW = timedelta(minutes=1)
"""How far Maytapi's clock may be from ours."""

_MILLISECOND = timedelta(milliseconds=1)
_UUID_EPOCH_MS = 12_219_292_800_000
"""From 15 October 1582, where the time in a UUID begins, to 1970."""


class NewStatus(NamedTuple):
    """What a message has come to, to be written."""

    status: str | None
    id: int


class Answered(NamedTuple):
    """That there is nothing more to do for a message, to be written."""

    answered_at: int
    message_id: int


class _Sent(NamedTuple):
    """A call of ours in one of the conversations."""

    id: int
    conversation_id: int
    type: str
    text: str | None
    status: str
    called_at: int
    answered_at: int | None
    whatsapp_id: str | None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


class _Stranger(NamedTuple):
    """An outgoing message that we did not send, as far as is known."""

    id: int
    conversation_id: int
    type: str | None
    text: str | None
    msg_id: str | None
    at: int
    received_at: int


_UNKNOWN = """
SELECT 1 FROM sends JOIN messages ON messages.id = message_id
WHERE called_at IS NOT NULL AND answered_at IS NULL AND called_at >= {mark}
  AND status = 'unknown' AND conversation_id {among_numbers}
LIMIT 1
"""
_SENT = """
SELECT messages.id, conversation_id, type, text, status, called_at, answered_at, whatsapp_id
FROM messages JOIN sends ON message_id = messages.id
WHERE conversation_id {among_numbers} AND at >= {mark} AND called_at IS NOT NULL
  AND status <> 'failed'
"""
_STRANGERS = """
SELECT messages.id, conversation_id, type, text, msg_id, at, received_at
FROM messages LEFT JOIN sends ON message_id = messages.id
WHERE conversation_id {among_numbers} AND at >= {mark} AND message_id IS NULL
  AND direction = 'outgoing'
"""
_STATUS = "SELECT phone_id, conversation_id, status FROM messages WHERE id = {mark}"


def settle(change: Change, conversations: Collection[int]) -> None:
    """Settle what can be settled in these conversations."""
    transaction, chats = change.transaction, listed(conversations)
    since = change.at - LOOK_BACK // _MILLISECOND
    if not conversations or not transaction.fetch(_UNKNOWN, since, chats):
        return
    sent = [*map(_Sent._make, transaction.fetch(_SENT, chats, since))]
    strangers = [*map(_Stranger._make, transaction.fetch(_STRANGERS, chats, since))]
    for one, stranger in _matches(sent, strangers, _may_name):
        _adopt(change, one, stranger)
    for one, stranger in _matches(sent, strangers, _may_echo):
        _adopt(change, one, stranger)


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


def _matches(
    sent: Sequence[_Sent],
    strangers: Sequence[_Stranger],
    may_be: Callable[[_Sent, _Stranger], bool],
) -> list[tuple[_Sent, _Stranger]]:
    """Return the pairs in which each is the only one that the other may be."""
    pairs = [(one, stranger) for stranger in strangers for one in sent if may_be(one, stranger)]
    ones, others = [one for one, _ in pairs], [stranger for _, stranger in pairs]
    return [
        (one, stranger)
        for one, stranger in pairs
        if one.status == acks.UNKNOWN
        and one.is_open
        and ones.count(one) == others.count(stranger) == 1
    ]


def _may_name(one: _Sent, stranger: _Stranger) -> bool:
    """Tell whether a name that was told may be the one of a call without an answer."""
    if not one.is_open or not _follows(one, stranger) or stranger.type is not None:
        return False
    if stranger.msg_id is None or not is_api_id(stranger.msg_id):
        return False
    if stranger.received_at < one.called_at:
        return False
    made_at = _made_at(stranger.msg_id)
    if made_at is None:
        return stranger.received_at <= one.called_at + TOLD_WITHIN // _MILLISECOND
    since = (made_at - one.called_at) * _MILLISECOND
    return -SKEW <= since <= CALL_WITHIN


def _may_echo(one: _Sent, stranger: _Stranger) -> bool:
    """Tell whether a message may be the echo of one that we sent, answered or not."""
    if not _follows(one, stranger) or stranger.type != "text" or one.type != "text":
        return False
    since = (stranger.at - one.called_at) * _MILLISECOND
    # What was answered may be echoed at any time later, and then the echo is not that of another.
    in_time = since >= -SKEW and (since <= TOLD_WITHIN or not one.is_open)
    is_news = stranger.received_at >= one.called_at and one.whatsapp_id is None
    return in_time and is_news and one.text == stranger.text


def _follows(one: _Sent, stranger: _Stranger) -> bool:
    return one.conversation_id == stranger.conversation_id and stranger.id > one.id


def _made_at(msg_id: str) -> int | None:
    """Return the time in a name, in milliseconds since 1970; only one version of UUIDs has it."""
    uuid = UUID(msg_id)
    return uuid.time // 10_000 - _UUID_EPOCH_MS if uuid.version == 1 else None


def _adopt(change: Change, one: _Sent, stranger: _Stranger) -> None:
    merging.merge(change.transaction, into=one.id, old=stranger.id)
    confirm(change, one.id, told=stranger.type is not None)
