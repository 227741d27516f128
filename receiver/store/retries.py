"""What handlers still owe: events that failed, those parked behind them, and the dead.

In a conversation the first row waits or runs and the others are parked, but those that a process
has taken up together with the first, to be tried after it. When these are done, or dead, the next
one of the conversation is let go. Rows are the exceptions: an event that succeeds at once leaves
none.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy.engine import Connection

from receiver.store.rows import Transaction, listed
from receiver.store.tables import RetryRow


class State(StrEnum):
    """How an owed event stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PARKED = "parked"
    DEAD = "dead"


class Retry(NamedTuple):
    """An event that a handler owes."""

    handler: str
    seq: int
    conversation_id: int | None
    state: str
    attempts: int
    due_at: int
    error: str | None


Place = tuple[int, int]
"""Among the parked events of a handler."""
BEFORE_ALL: Place = (-1, -1)

_COLUMNS = "handler, seq, conversation_id, state, attempts, due_at, error"
_DUE = f"""
SELECT {_COLUMNS} FROM retries
WHERE handler = {{mark}} AND state = 'waiting' AND due_at <= {{mark}} AND seq <= {{mark}}
ORDER BY due_at, seq LIMIT {{mark}}
"""
_FOLLOWING = f"""
SELECT {_COLUMNS} FROM retries
WHERE handler = {{mark}} AND conversation_id = {{mark}} AND state = 'parked'
  AND seq > {{mark}} AND seq <= {{mark}}
ORDER BY seq LIMIT {{mark}}
"""
_FIND = f"SELECT {_COLUMNS} FROM retries WHERE handler = {{mark}} AND seq = {{mark}}"
_OWED = f"SELECT {_COLUMNS} FROM retries WHERE handler = {{mark}} AND state <> 'dead' ORDER BY seq"
_STILL = """
SELECT seq FROM retries WHERE handler = {mark} AND state <> 'dead' AND seq {among_numbers}
"""
_BEYOND = "SELECT seq FROM retries WHERE handler = {mark} AND seq > {mark}"
_PARKED = """
SELECT due_at, seq, conversation_id FROM retries
WHERE handler = {mark} AND state = 'parked' AND (due_at, seq) > ({mark}, {mark})
ORDER BY due_at, seq LIMIT {mark}
"""
_STRANDED = """
SELECT seq FROM retries
WHERE handler = {mark} AND state = 'parked' AND seq {among_numbers} AND NOT EXISTS (
  SELECT 1 FROM retries AS before
  WHERE before.handler = retries.handler AND before.conversation_id = retries.conversation_id
    AND before.seq < retries.seq AND before.state <> 'dead')
"""
_FREE = """
UPDATE retries SET state = 'waiting', due_at = {mark}
WHERE handler = {mark} AND state = 'parked' AND seq {among_numbers}
"""
_BEGIN = """
UPDATE retries SET state = 'running', attempts = attempts + 1
WHERE handler = {mark} AND state IN ('waiting', 'parked') AND seq {among_numbers}
"""
_GIVE_BACK = """
UPDATE retries SET state = {mark}, attempts = attempts - 1
WHERE handler = {mark} AND state = 'running' AND seq = {mark}
"""
_SET = """
UPDATE retries SET state = {mark}, attempts = {mark}, due_at = {mark}, error = {mark}
WHERE handler = {mark} AND seq = {mark}
"""
_REMOVE = "DELETE FROM retries WHERE handler = {mark} AND seq = {mark}"
_LET_GO = """
UPDATE retries SET state = 'waiting', due_at = {mark}
WHERE handler = {mark} AND conversation_id = {mark} AND state = 'parked'
  AND seq = (SELECT min(seq) FROM retries
             WHERE handler = {mark} AND conversation_id = {mark} AND state <> 'dead')
"""


def due(connection: Connection, handler: str, *, at: int, up_to: int, limit: int) -> list[Retry]:
    """Return what is to be tried by now, the longest due first, but nothing beyond `up_to`."""
    return [*map(Retry._make, Transaction(connection).fetch(_DUE, handler, at, up_to, limit))]


def following(
    connection: Connection,
    heads: Iterable[Retry],
    *,
    up_to: int,
    limit: int,
    unless: Container[int] = (),
) -> list[Retry]:
    """Return what is parked right behind each of these, in order, as long as it was never tried.

    At most so many of each are returned, nothing beyond `up_to`, and nothing from the first on
    that is among `unless`.
    """
    transaction = Transaction(connection)
    found: list[Retry] = []
    for head in heads:
        where = (head.handler, head.conversation_id, head.seq, up_to, limit)
        parked = map(Retry._make, transaction.fetch(_FOLLOWING, *where))
        found += takewhile(lambda row: not row.attempts and row.seq not in unless, parked)
    return found


def owed(connection: Connection, handler: str) -> list[Retry]:
    """Return everything that a handler owes and that is not dead."""
    return [*map(Retry._make, Transaction(connection).fetch(_OWED, handler))]


def find(transaction: Transaction, handler: str, seq: int) -> Retry | None:
    """Return what a handler owes of an event."""
    found = transaction.fetch(_FIND, handler, seq)
    return Retry._make(found[0]) if found else None


def still_owed(connection: Connection, handler: str, numbers: Collection[int]) -> set[int]:
    """Return which of these events are owed and not dead: an operator may have removed some."""
    found = Transaction(connection).fetch(_STILL, handler, listed(numbers))
    return {seq for (seq,) in found}


def beyond(connection: Connection, handler: str, seq: int) -> set[int]:
    """Return the events behind a position that have an account already, the dead among them."""
    return {found for (found,) in Transaction(connection).fetch(_BEYOND, handler, seq)}


def stranded(
    connection: Connection, handler: str, *, after: Place = BEFORE_ALL, limit: int
) -> tuple[list[int], Place]:
    """Look through parked events for those with nothing before them.

    What was there, an operator has removed. Returns them and where to look on: at most so many
    are looked at, and of each conversation only the first of these.
    """
    transaction = Transaction(connection)
    parked = transaction.fetch(_PARKED, handler, *after, limit)
    first: dict[int | None, int] = {}
    for _, seq, conversation_id in parked:
        first[conversation_id] = min(seq, first.get(conversation_id, seq))
    found = transaction.fetch(_STRANDED, handler, listed(first.values())) if first else ()
    place = BEFORE_ALL if len(parked) < limit else (parked[-1][0], parked[-1][1])
    return [seq for (seq,) in found], place


def free(transaction: Transaction, handler: str, numbers: Sequence[int], *, at: int) -> None:
    """Let parked events go that nothing is before."""
    transaction.execute(_FREE, at, handler, listed(numbers))


def add(transaction: Transaction, rows: Sequence[Retry]) -> None:
    """Owe events; one that is owed already stays as it is."""
    transaction.insert_new(RetryRow, rows)


def begin(transaction: Transaction, handler: str, numbers: Sequence[int]) -> None:
    """Count a try before it is made, so that one which kills the process is counted too."""
    transaction.execute(_BEGIN, handler, listed(numbers))


def give_back(transaction: Transaction, row: Retry, state: State) -> None:
    """Take a try back that was not made, or not to its end because the process stops."""
    transaction.execute(_GIVE_BACK, state, row.handler, row.seq)


def settle(transaction: Transaction, row: Retry) -> None:
    """Write what has become of a try."""
    values = (row.state, row.attempts, row.due_at, row.error)
    transaction.execute(_SET, *values, row.handler, row.seq)


def remove(transaction: Transaction, row: Retry) -> None:
    """Owe an event no longer."""
    transaction.execute(_REMOVE, row.handler, row.seq)


def let_go(
    transaction: Transaction, handler: str, conversations: Iterable[int | None], *, at: int
) -> None:
    """Let the first parked event of each conversation go, where nothing is before it."""
    for conversation_id in conversations:
        if conversation_id is not None:
            where = (handler, conversation_id)
            transaction.execute(_LET_GO, at, *where, *where)
