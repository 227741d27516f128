"""Record what is said about messages: acks, reactions, poll tallies and failed sends.

All of it is append-only: a row for each thing that was told, once however often it is repeated.
What a message has come to is the highest of its acks (`receiver.maytapi.acks`), in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson
from sqlmodel import SQLModel

from receiver.events import EventType
from receiver.maytapi import acks
from receiver.maytapi.notifications import About, Ack, PollTally, Reaction, SendFailure
from receiver.store import naming, statuses
from receiver.store.journal import Draft, Heads
from receiver.store.messages import Arrival
from receiver.store.naming import Target
from receiver.store.rows import Transaction, listed
from receiver.store.tables import OPEN_STATUSES, AckRow, MessageRow, PollTallyRow, ReactionRow


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
_Counted = _ReactionTold | _TallyTold
"""Of these the latest counts."""

_Counting = dict[tuple[int, str | None], tuple[int, str]]
"""The latest of each poll (message), and of each person (message and reactor)."""


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
    _climb(transaction, targets)
    told = [
        _told(arrival, target, received_at)
        for arrival, target in zip(arrivals, targets, strict=True)
    ]
    news = _insert(transaction, told, again=again)
    late = _late(transaction, told, news)
    drafts = [
        draft
        for arrival, target, row in zip(arrivals, targets, told, strict=True)
        if (draft := _settle(arrival, target, row, news, late, received_at))
    ]
    transaction.update(MessageRow, _moved(targets))
    return drafts


def _climb(transaction: Transaction, targets: Sequence[Target]) -> None:
    """Let messages begin where the ticks of earlier batches have brought them."""
    known = {target.id: target for target in targets if not target.is_new}
    for message_id, tick in statuses.ticks(transaction, known).items():
        known[message_id].status = tick


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


def _late(transaction: Transaction, told: Sequence[_Told | None], news: set[_Told]) -> set[_Told]:
    """Return the reactions and tallies that a later one had outdated before they came."""
    fresh = dict.fromkeys(row for row in told if not isinstance(row, _AckTold) and row in news)
    reactions = [row for row in fresh if isinstance(row, _ReactionTold)]
    tallies = [row for row in fresh if isinstance(row, _TallyTold)]
    counting: _Counting = {}
    for stored in (
        *_since(transaction, ReactionRow, _ReactionTold, reactions),
        *_since(transaction, PollTallyRow, _TallyTold, tallies),
    ):
        if stored not in news:
            _count(counting, stored)
    counted: list[_Counted] = [*reactions, *tallies]
    return {row for row in counted if not _count(counting, row)}


def _since(
    transaction: Transaction,
    table: type[SQLModel],
    kind: Callable[..., _Counted],
    new: Sequence[_Counted],
) -> list[_Counted]:
    """Return what is stored of these messages from the earliest of these rows on."""
    if not new:
        return []
    columns = ", ".join(new[0]._fields)
    sql = f"SELECT {columns} FROM {table.__tablename__} WHERE message_id {{among_numbers}}"
    ids, earliest = listed({row.message_id for row in new}), min(row.at for row in new)
    return [kind(*found) for found in transaction.fetch(f"{sql} AND at >= {{mark}}", ids, earliest)]


def _count(counting: _Counting, row: _Counted) -> bool:
    """Let a row count if it is the latest of its subject so far; return whether it is."""
    subject: tuple[int, str | None]
    match row:
        case _ReactionTold():
            subject, place = (row.message_id, row.reactor_id), (row.at, row.emoji)
        case _TallyTold():
            subject, place = (row.message_id, None), (row.at, row.tally)
    if place < counting.get(subject, place):
        return False
    counting[subject] = place
    return True


def _settle(
    arrival: Arrival[About],
    target: Target,
    row: _Told | None,
    news: set[_Told],
    late: set[_Told],
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
            advanced = _advance(target, said, received_at)
            data = _ack_data(said.type, target.status, advanced)
            return _draft(arrival, EventType.MESSAGE_ACK, target, data)
        case Reaction():
            reaction = {"emoji": said.emoji, "reactor_id": said.reactor_id}
            data = _json(reaction | {"advanced": row not in late})
            return _draft(arrival, EventType.MESSAGE_REACTION, target, data)
        case PollTally():
            data = f"{said.tally[:-1]},{_json({'advanced': row not in late})[1:]}"
            return _draft(arrival, EventType.MESSAGE_POLL, target, data)


def _advance(target: Target, ack: Ack, received_at: int) -> bool:
    """Let a message climb; return whether it did."""
    status = acks.advance(target.status, ack.type)
    advanced = status != target.status
    # Of ticks the acks tell; the row has only to leave the index of what is open.
    target.moved |= advanced and target.status in OPEN_STATUSES
    target.status = status
    if ack.type == acks.DELETED:
        deleted_at = min(target.deleted_at or received_at, ack.at or received_at)
        target.moved |= deleted_at != target.deleted_at
        target.deleted_at = deleted_at
    return advanced


@lru_cache(256)  # as good as all are one of a few
def _ack_data(type: str, status: str | None, advanced: bool) -> str:
    return _json({"type": type, "status": status, "advanced": advanced})


def _fail(arrival: Arrival[About], target: Target, said: SendFailure) -> Draft | None:
    error = _json({"code": said.code, "message": said.message})
    status = acks.advance(target.status, acks.FAILED)
    if (error, status) == (target.error, target.status):
        return None
    # Errors tell no time: of several the same one is kept, whatever their order.
    target.error = max(error, target.error or "")
    target.status = status
    target.moved = True
    return _draft(arrival, EventType.MESSAGE_FAILED, target, error)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _draft(arrival: Arrival[About], kind: EventType, target: Target, data: str) -> Draft:
    return Draft(
        order=arrival.order,
        type=kind,
        notification_id=arrival.notification_id,
        phone_id=target.phone_id,
        conversation_id=target.conversation_id,
        message_id=target.id,
        data=data,
    )


def _moved(targets: Sequence[Target]) -> list[_State]:
    moved = dict.fromkeys(target for target in targets if target.moved)
    return [_State(one.status, one.deleted_at, one.error, one.id) for one in moved]
