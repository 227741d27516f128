"""What handlers still owe: events that failed, those parked behind them, and the dead.

In a conversation the first row waits or runs and the others are parked. When it is done, or dead,
the next one of the conversation is let go. Rows are the exceptions: an event that succeeds at once
leaves none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
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


_COLUMNS = "handler, seq, conversation_id, state, attempts, due_at, error"
_DUE = f"""
SELECT {_COLUMNS} FROM retries
WHERE handler = {{mark}} AND state = 'waiting' AND due_at <= {{mark}} AND seq <= {{mark}}
ORDER BY due_at, seq LIMIT {{mark}}
"""
_FIND = f"SELECT {_COLUMNS} FROM retries WHERE handler = {{mark}} AND seq = {{mark}}"
_OWED = f"SELECT {_COLUMNS} FROM retries WHERE handler = {{mark}} AND state <> 'dead' ORDER BY seq"
_STILL = """
SELECT seq FROM retries WHERE handler = {mark} AND state <> 'dead' AND seq {among_numbers}
"""
_BEYOND = "SELECT seq FROM retries WHERE handler = {mark} AND seq > {mark}"
_STRANDED = """
SELECT seq FROM retries
WHERE handler = {mark} AND state = 'parked' AND NOT EXISTS (
  SELECT 1 FROM retries AS before
  WHERE before.handler = retries.handler AND before.conversation_id = retries.conversation_id
    AND before.seq < retries.seq AND before.state <> 'dead')
LIMIT 1000
"""
_FREE = """
UPDATE retries SET state = 'waiting', due_at = {mark}
WHERE handler = {mark} AND state = 'parked' AND seq {among_numbers}
"""
_BEGIN = """
UPDATE retries SET state = 'running', attempts = attempts + 1
WHERE handler = {mark} AND state = 'waiting' AND seq {among_numbers}
"""
_GIVE_BACK = """
UPDATE retries SET state = {mark}, attempts = attempts - 1
WHERE handler = {mark} AND state = 'running' AND seq = {mark}
"""
_SET = """
UPDATE retries SET state = {mark}, due_at = {mark}, error = {mark}
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


def stranded(connection: Connection, handler: str) -> list[int]:
    """Return parked events with nothing before them: what was there, an operator has removed."""
    return [seq for (seq,) in Transaction(connection).fetch(_STRANDED, handler)]


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


def settle(transaction: Transaction, row: Retry, *, at: int, done: bool = False) -> None:
    """Write what has become of a try; where it is done or dead, the next in line is let go."""
    if done:
        transaction.execute(_REMOVE, row.handler, row.seq)
    else:
        transaction.execute(_SET, row.state, row.due_at, row.error, row.handler, row.seq)
    if done or row.state == State.DEAD:
        let_go(transaction, row.handler, [row.conversation_id], at=at)


def let_go(
    transaction: Transaction, handler: str, conversations: Iterable[int | None], *, at: int
) -> None:
    """Let the first parked event of each conversation go, where nothing is before it."""
    for conversation_id in conversations:
        if conversation_id is not None:
            where = (handler, conversation_id)
            transaction.execute(_LET_GO, at, *where, *where)
