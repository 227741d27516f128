"""Record what is said about messages: acks, reactions, poll tallies and failed sends.

All of it is append-only: a row for each thing that was told, once however often it is repeated.
What a message has come to is the highest of its acks (`receiver.maytapi.acks`), in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import orjson
from sqlmodel import SQLModel

from receiver.events import EventType
from receiver.maytapi import acks
from receiver.maytapi.notifications import About, Ack, PollTally, Reaction, SendFailure
from receiver.store import naming
from receiver.store.journal import Draft, Heads
from receiver.store.messages import Arrival
from receiver.store.naming import Target
from receiver.store.rows import Transaction, listed
from receiver.store.tables import AckRow, MessageRow, PollTallyRow, ReactionRow


class _AckTold(NamedTuple):
    message_id: int
    type: str
    at: int
    received_at: int
    notification_id: int


class _ReactionTold(NamedTuple):
    message_id: int
    reactor_id: str
    at: int
    emoji: str
    received_at: int
    notification_id: int


class _TallyTold(NamedTuple):
    message_id: int
    at: int
    fingerprint: bytes
    tally: str
    received_at: int
    notification_id: int


class _State(NamedTuple):
    status: str | None
    deleted_at: int | None
    error: str | None
    id: int


_Told = _AckTold | _ReactionTold | _TallyTold


def record(
    transaction: Transaction,
    heads: Heads,
    arrivals: Sequence[Arrival[About]],
    *,
    received_at: int,
    again: bool = False,
) -> list[Draft]:
    """Store what is said about messages; return an event for each thing that was news.

    What is read `again` may have brought the very same rows before.
    """
    if not arrivals:
        return []
    targets = naming.resolve(transaction, heads, arrivals, received_at=received_at)
    told = [
        _told(arrival, target, received_at)
        for arrival, target in zip(arrivals, targets, strict=True)
    ]
    news = _insert(transaction, told, again=again)
    drafts = [
        draft
        for arrival, target, row in zip(arrivals, targets, told, strict=True)
        if (draft := _settle(arrival, target, row, news, received_at))
    ]
    transaction.update(MessageRow, _moved(targets))
    return drafts


def _told(arrival: Arrival[About], target: Target, received_at: int) -> _Told | None:
    said, received = arrival.said, (received_at, arrival.notification_id)
    match said:
        case Ack():
            return _AckTold(target.id, said.type, said.at or 0, *received)
        case Reaction():
            return _ReactionTold(target.id, said.reactor_id, said.at or 0, said.emoji, *received)
        case PollTally():
            fingerprint = hashlib.blake2b(said.tally.encode(), digest_size=8).digest()
            return _TallyTold(target.id, said.at or 0, fingerprint, said.tally, *received)
        case SendFailure():
            return None


def _insert(transaction: Transaction, told: Sequence[_Told | None], *, again: bool) -> set[_Told]:
    """Insert all that was told; return the rows that were not there before."""
    news: set[_Told] = set()
    for table, kind in (
        (AckRow, _AckTold),
        (ReactionRow, _ReactionTold),
        (PollTallyRow, _TallyTold),
    ):
        new = list(dict.fromkeys(row for row in told if isinstance(row, kind)))
        if again and new:
            known = set(_stored(transaction, table, kind, new))
            new = [row for row in new if row not in known]
        if transaction.insert_counted(table, new) == len(new):
            news.update(new)
        else:
            news.update(_stored(transaction, table, kind, new))
    return news


def _stored(
    transaction: Transaction, table: type[SQLModel], kind: Callable[..., _Told], new: list[_Told]
) -> list[_Told]:
    """Return the rows that this transaction brought: only they name its notifications."""
    columns = ", ".join(new[0]._fields)
    sql = f"SELECT {columns} FROM {table.__tablename__} WHERE message_id {{among_numbers}}"
    ids = listed({row.message_id for row in new})
    wanted = set(new)
    return [row for found in transaction.fetch(sql, ids) if (row := kind(*found)) in wanted]


def _settle(
    arrival: Arrival[About],
    target: Target,
    row: _Told | None,
    news: set[_Told],
    received_at: int,
) -> Draft | None:
    """Draw the consequences of one thing that was told, if it was news."""
    said = arrival.said
    if isinstance(said, SendFailure):
        return _fail(arrival, target, said)
    if row not in news:
        return None
    news.discard(row)
    match said:
        case Ack():
            return _draft(
                arrival, EventType.MESSAGE_ACK, target, _advance(target, said, received_at)
            )
        case Reaction():
            data = {"emoji": said.emoji, "reactor_id": said.reactor_id}
            return _draft(arrival, EventType.MESSAGE_REACTION, target, data)
        case PollTally():
            return _draft(arrival, EventType.MESSAGE_POLL, target, orjson.Fragment(said.tally))


def _advance(target: Target, ack: Ack, received_at: int) -> dict[str, object]:
    status = acks.advance(target.status, ack.type)
    advanced = status != target.status
    target.status = status
    target.moved |= advanced
    if ack.type == acks.DELETED:
        deleted_at = min(target.deleted_at or received_at, ack.at or received_at)
        target.moved |= deleted_at != target.deleted_at
        target.deleted_at = deleted_at
    return {"type": ack.type, "status": status, "advanced": advanced}


def _fail(arrival: Arrival[About], target: Target, said: SendFailure) -> Draft | None:
    data = {"code": said.code, "message": said.message}
    error = orjson.dumps(data).decode()
    status = acks.advance(target.status, acks.FAILED)
    if (error, status) == (target.error, target.status):
        return None
    # Errors tell no time: of several the same one is kept, whatever their order.
    target.error = max(error, target.error or "")
    target.status = status
    target.moved = True
    return _draft(arrival, EventType.MESSAGE_FAILED, target, data)


def _draft(arrival: Arrival[About], kind: EventType, target: Target, data: object) -> Draft:
    return Draft(
        order=arrival.order,
        type=kind,
        notification_id=arrival.notification_id,
        phone_id=target.phone_id,
        conversation_id=target.conversation_id,
        message_id=target.id,
        data=orjson.dumps(data).decode(),
    )


def _moved(targets: Sequence[Target]) -> list[_State]:
    moved = dict.fromkeys(target for target in targets if target.moved)
    return [_State(one.status, one.deleted_at, one.error, one.id) for one in moved]
