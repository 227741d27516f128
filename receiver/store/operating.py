"""What operators do with handlers: try events again, drop them, replay a stretch, let one rest.

Each change is a transaction of its own, beside whatever process works for the handler; that one
notices within a second, and also lets go of what nothing is before any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

from sqlalchemy.engine import Connection

from receiver.errors import NotNow, NotOwed, UnknownHandler
from receiver.events import EventType
from receiver.store import positions, retries
from receiver.store.changing import Change
from receiver.store.database import WRITER, Database, connected
from receiver.store.retries import Retry, State
from receiver.store.rows import Transaction, listed

STRETCH = 2_000
"""Events that a transaction replays: a longer one would hold up the webhook."""
REVIVED_AT_ONCE = 500

Result = TypeVar("Result")


class Known(NamedTuple):
    """What a process knows of a handler whose code it has loaded."""

    ordered: bool = True
    """Whether events wait for those before them in their conversation."""
    types: Collection[str] = tuple(EventType)
    """The types of the events that it can want."""


class Replay(NamedTuple):
    """A stretch of the journal that a handler is to get again."""

    first: int
    last: int
    """Never beyond the handler's position: it gets what is behind that anyway."""
    events: int
    """How many are owed because of it; those that were owed before are not counted."""


_FIRST = "SELECT min(seq) FROM events WHERE seq >= {mark}"
_DEAD = """
SELECT seq FROM retries WHERE handler = {mark} AND state = 'dead' AND seq > {mark}
ORDER BY seq LIMIT {mark}
"""
_HURRY = "UPDATE retries SET due_at = {mark} WHERE handler = {mark} AND seq = {mark}"
_COUNT = """
SELECT count(*) FROM events WHERE seq BETWEEN {mark} AND {mark} AND type {among_texts}
  AND NOT EXISTS (SELECT 1 FROM retries WHERE handler = {mark} AND retries.seq = events.seq
                  AND state <> 'dead')
"""
_THOSE_DEAD = "retries WHERE handler = {mark} AND state = 'dead' AND seq {among_numbers}"
_THOSE_BETWEEN = "events WHERE seq BETWEEN {mark} AND {mark} AND type {among_texts}"
_IS_NEXT = """
seq = min(seq) OVER (PARTITION BY conversation_id) AND NOT EXISTS (
    SELECT 1 FROM retries AS earlier
    WHERE earlier.handler = {mark} AND earlier.conversation_id = fresh.conversation_id
      AND earlier.seq < fresh.seq AND earlier.state <> 'dead')
"""
# The condition that is always true keeps SQLite from reading ON CONFLICT as a part of a join.
_OWE = """
INSERT INTO retries (handler, seq, conversation_id, state, attempts, due_at, error)
SELECT {{mark}}, seq, conversation_id,
       CASE WHEN conversation_id IS NULL OR ({is_next}) THEN 'waiting' ELSE 'parked' END,
       0, {{mark}}, NULL
FROM (SELECT seq, conversation_id FROM {those}) AS fresh WHERE 1 = 1
ON CONFLICT (handler, seq)
DO UPDATE SET state = excluded.state, attempts = 0, due_at = excluded.due_at
WHERE retries.state = 'dead'
RETURNING seq
"""
_HOLD_BACK = """
UPDATE retries SET state = 'parked'
WHERE handler = {mark} AND state = 'waiting' AND seq > {mark} AND EXISTS (
    SELECT 1 FROM retries AS earlier
    WHERE earlier.handler = retries.handler AND earlier.conversation_id = retries.conversation_id
      AND earlier.seq < retries.seq AND earlier.state <> 'dead')
"""


def change(
    database: Database, job: Callable[[Change], Result], *, now: Callable[[], float] = time.time
) -> Result:
    """Do a job in a transaction of its own, beside whatever process writes.

    Raises:
        DatabaseFailed: nothing was changed, or it is not known.
    """
    with connected(database.engine, **WRITER) as connection, connection.begin():
        return job(Change(connection, at=int(now() * 1000), appends=False))


def position(change: Change, handler: str) -> int:
    """Return how far a handler has come.

    Raises:
        UnknownHandler: none of this name has ever run on this database.
    """
    found = positions.find(change.transaction, handler)
    if found is None:
        raise UnknownHandler(handler)
    return found


def retry(change: Change, handler: str, seq: int, known: Known) -> None:
    """Let an event be tried at once; a dead one gets all of its tries again.

    Raises:
        OperatorError: it is not owed, or not its turn.
    """
    match _owed(change, handler, seq).state:
        case State.DEAD:
            revive(change, handler, [seq], known)
        case State.WAITING:
            change.transaction.execute(_HURRY, change.at, handler, seq)
        case State.PARKED:
            raise NotNow(
                f"event {seq} waits for an earlier one of its conversation: retry or drop that one"
            )
        case _:
            raise NotNow(f"the handler {handler!r} is trying event {seq} right now")


def drop(change: Change, handler: str, seq: int) -> None:
    """Let a handler owe an event no longer, and its conversation go on.

    Raises:
        OperatorError: it is not owed.
    """
    row = _owed(change, handler, seq)
    retries.remove(change.transaction, row)
    retries.let_go(change.transaction, handler, [row.conversation_id], at=change.at)


def rest(change: Change, handler: str, *, paused: bool) -> None:
    """Let a handler rest, or go on.

    Raises:
        OperatorError: there is no such handler.
    """
    position(change, handler)
    positions.pause(change, handler, to_rest=paused)


def revive(change: Change, handler: str, numbers: Collection[int], known: Known) -> int:
    """Let dead events be tried again, each after those before it; return how many there were.

    Raises:
        OperatorError: there is no such handler.
    """
    position(change, handler)
    those = (handler, listed(numbers))
    return _owe(change, handler, _THOSE_DEAD, those, known, first=min(numbers, default=0))


def replay(change: Change, handler: str, first: int, last: int, known: Known) -> int:
    """Owe the events from the first to the last, dead ones too; return how many were not before.

    Raises:
        OperatorError: there is no such handler.
    """
    last = min(last, position(change, handler))
    those = (first, last, listed(known.types))
    return _owe(change, handler, _THOSE_BETWEEN, those, known, first=first)


def revive_all(database: Database, handler: str, known: Known) -> int:
    """Let all dead events of a handler be tried again; return how many there were.

    Raises:
        OperatorError: there is no such handler.
        DatabaseFailed: what was done until then stays.
    """
    change(database, partial(position, handler=handler))
    total, last = 0, 0
    while numbers := database.ask(_dead, handler, after=last, limit=REVIVED_AT_ONCE):
        total += change(database, partial(revive, handler=handler, numbers=numbers, known=known))
        last = numbers[-1]
    return total


def replay_all(
    database: Database,
    handler: str,
    first: int,
    last: int | None,
    known: Known,
    *,
    dry_run: bool = False,
    told: Callable[[int, int], None] = lambda done, last: None,
) -> Replay:
    """Replay a stretch of any length, which ends at the handler's position if not before.

    `told` hears how far it has come. Whoever breaks it off can begin it again: what is still owed
    is not owed twice.

    Raises:
        OperatorError: there is no such handler.
        DatabaseFailed: what was done until then stays.
    """
    reached = change(database, partial(position, handler=handler))
    end = reached if last is None else min(last, reached)
    if dry_run:
        return Replay(first, end, database.ask(_count, handler, first, end, known))
    events = 0
    for start, stop in _stretches(max(first, database.ask(_first, first)), end):
        stretch = partial(replay, handler=handler, first=start, last=stop, known=known)
        events += change(database, stretch)
        told(stop, end)
    return Replay(first, end, events)


def _owed(change: Change, handler: str, seq: int) -> Retry:
    position(change, handler)
    row = retries.find(change.transaction, handler, seq)
    if row is None:
        raise NotOwed(handler, seq)
    return row


def _owe(
    change: Change,
    handler: str,
    source: str,
    those: tuple[object, ...],
    known: Known,
    *,
    first: int,
) -> int:
    """Owe events, of each conversation the first one at once, and what comes later behind it."""
    if not known.ordered:
        sql = _OWE.format(is_next="1 = 1", those=source)
        return len(change.transaction.fetch(sql, handler, change.at, *those))
    sql = _OWE.format(is_next=_IS_NEXT, those=source)
    owed = change.transaction.fetch(sql, handler, handler, change.at, *those)
    change.transaction.execute(_HOLD_BACK, handler, first)
    return len(owed)


def _stretches(first: int, last: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last + 1, STRETCH):
        yield start, min(start + STRETCH - 1, last)


def _first(connection: Connection, seq: int) -> int:
    [(found,)] = Transaction(connection).fetch(_FIRST, seq)
    return int(found or seq)


def _dead(connection: Connection, handler: str, *, after: int, limit: int) -> list[int]:
    found = Transaction(connection).fetch(_DEAD, handler, after, limit)
    return [seq for (seq,) in found]


def _count(connection: Connection, handler: str, first: int, last: int, known: Known) -> int:
    types = listed(known.types)
    [(count,)] = Transaction(connection).fetch(_COUNT, first, last, types, handler)
    return int(count)
