"""Positions of handlers in the journal, and who may move them.

A process that works for a handler has claimed it through the connection that moves its position
(`receiver.store.sharing`), so nobody can move one that he has lost.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy.engine import Connection

from receiver.errors import Displaced
from receiver.store import sharing
from receiver.store.changing import Change
from receiver.store.rows import Transaction
from receiver.store.tables import PositionRow


class Position(NamedTuple):
    """Where a handler is, when a process begins to work for it."""

    seq: int
    released: bool
    """False when the process before has not let go of it: it may have been killed by an event."""
    paused: bool
    session: int
    """The writer's connection that it was taken on."""

    def check(self, change: Change) -> None:
        """Make sure that the position is still ours.

        Raises:
            Displaced: the connection that held it was lost, and with it the lock.
        """
        if change.session != self.session:
            raise Displaced("the connection was lost, and others may have taken over")


class _Begun(NamedTuple):
    reader: str
    seq: int
    released: bool
    paused: bool


_GET = "SELECT seq, released, paused FROM positions WHERE reader = {mark}"
_WAIT = "UPDATE positions SET paused = paused WHERE reader = {mark}"
_HOLD = "UPDATE positions SET released = false WHERE reader = {mark}"
_MOVE = "UPDATE positions SET seq = {mark} WHERE reader = {mark}"
_RELEASE = "UPDATE positions SET released = true WHERE reader = {mark}"
_UNRELEASED = "SELECT reader FROM positions WHERE NOT released"
_PAUSE = "UPDATE positions SET paused = {mark} WHERE reader = {mark}"


def take(change: Change, handler: str, *, start: int) -> Position | None:
    """Begin to work for a handler, a new one at `start`; None when another process does."""
    transaction = change.transaction
    if not sharing.claim(transaction, handler):
        return None
    transaction.insert_new(PositionRow, [_Begun(handler, start, True, False)])
    # The claim is free a moment before what its last holder has written can be seen.
    transaction.execute(_WAIT, handler)
    [(seq, released, paused)] = transaction.fetch(_GET, handler)
    transaction.execute(_HOLD, handler)
    return Position(seq, bool(released), bool(paused), change.session)


def move(transaction: Transaction, handler: str, seq: int) -> None:
    """Tell that all events up to this one are done, or owed as retries."""
    transaction.execute(_MOVE, seq, handler)


def release(change: Change, handler: str) -> None:
    """Let go of a handler in good order."""
    change.transaction.execute(_RELEASE, handler)
    sharing.free(change.transaction, handler)


def find(transaction: Transaction, reader: str) -> int | None:
    """Return how far a reader has come; None where none of this name has ever run."""
    found = transaction.fetch(_GET, reader)
    return found[0][0] if found else None


def worked_for(connection: Connection, handlers: Collection[str]) -> set[str]:
    """Return those of the handlers that a process works for.

    SQLite tells no more than who has not let go: a process that was killed seems to work still.
    """
    transaction = Transaction(connection)
    if transaction.backend == "sqlite":
        return set(handlers) & {name for (name,) in transaction.fetch(_UNRELEASED)}
    return sharing.claimed(transaction, handlers)


def paused(change: Change, handler: str) -> bool:
    """Tell whether a handler is to rest."""
    found = change.transaction.fetch(_GET, handler)
    return bool(found and found[0][2])


def pause(change: Change, handler: str, *, to_rest: bool) -> None:
    """Let a handler rest, or go on; whoever works for it sees it within a second."""
    change.transaction.execute(_PAUSE, to_rest, handler)
