"""The books of a shift: what is under way, what is owed, and what the next commit has to write.

Nothing here does I/O or waits. The position follows from what is under way, so it can't be wrong
in one place only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import NamedTuple

from receiver.dispatch.calling import Outcome, Verdict
from receiver.dispatch.routing import Handler
from receiver.events import Event
from receiver.store import positions, retries
from receiver.store.changing import Change
from receiver.store.positions import Position
from receiver.store.retries import Retry, State
from receiver.store.rows import Transaction


class Item(NamedTuple):
    """An event to be handled: for the first time, or once more because it is owed."""

    event: Event
    row: Retry | None = None

    @property
    def attempt(self) -> int:
        """Which try it is; the first is 1."""
        return self.row.attempts if self.row else 1


class Ledger:
    """Accounts for every event of a handler, from reading it to its end."""

    def __init__(self, handler: Handler, position: Position, *, random: Random) -> None:
        self._handler = handler
        self._random = random
        self._taken = position
        self._saved = position.seq
        self._under_way: dict[int, None] = {}
        self._owed: dict[int, set[int]] = {}
        self._changes: list[Callable[[Transaction], None]] = []
        self.read_to = position.seq
        """The last event that was read."""
        self.suspects: set[int] = set()
        """What may have ended the process before this one."""

    @property
    def position(self) -> int:
        """The last event before the first that is under way."""
        return next(iter(self._under_way), self.read_to + 1) - 1

    @property
    def under_way(self) -> int:
        """How many events were begun for the first time and are not finished."""
        return len(self._under_way)

    @property
    def owed(self) -> set[int]:
        """Events of conversations in which something waits for its retry."""
        return {seq for numbers in self._owed.values() for seq in numbers}

    @property
    def is_settled(self) -> bool:
        """Whether all that is known here is in the database."""
        return not self._changes and self.position == self._saved

    def owe(self, row: Retry) -> None:
        """Take note of a retry that is in the database, so that others wait for it."""
        if self._is_ordered(row.conversation_id) and row.conversation_id is not None:
            self._owed.setdefault(row.conversation_id, set()).add(row.seq)

    def forgive(self, numbers: set[int]) -> None:
        """Forget retries that somebody else has removed, or declared dead."""
        for conversation_id in list(self._owed):
            self._owed[conversation_id] -= numbers
            if not self._owed[conversation_id]:
                del self._owed[conversation_id]
        self.suspects -= numbers

    def skip(self, seq: int) -> None:
        """Pass over an event that the handler does not want."""
        self.read_to = seq

    def begin(self, event: Event) -> bool:
        """Begin an event, or park it behind one of its conversation; tell whether it may run."""
        self.read_to = event.id
        if event.conversation_id in self._owed:
            self.park(event)
            return False
        self._under_way[event.id] = None
        return True

    def park(self, event: Event) -> None:
        """Let an event wait until those of its conversation that failed are done or dead."""
        self._add(self._row(event, State.PARKED, attempts=0))

    def adopt(self, event: Event) -> None:
        """Owe an event that an earlier process may have begun, and may have ended with."""
        # It counts as tried; but a handler that tries once only may not lose it.
        attempts = min(1, self._handler.retry.attempts - 1)
        if self.begin(event):
            row = self._row(event, State.WAITING, attempts=attempts)
            self._add(row._replace(error="the process ended, maybe during it"))
        self.suspects.add(event.id)

    def finish(self, item: Item, outcome: Outcome, *, at: int) -> bool:
        """Note what came of a call; tell whether the conversation has to wait for a retry."""
        if outcome.verdict is Verdict.GIVEN_BACK:
            self.give_back(item)
            return False
        state, due_at = self._next(item, outcome, at)
        self.suspects.discard(item.event.id)
        if item.row is None and state is None:
            del self._under_way[item.event.id]
        elif item.row is None:
            row = self._row(item.event, state or State.DEAD, attempts=1)
            self._add(row._replace(due_at=due_at, error=outcome.error))
        else:
            settled = item.row._replace(
                state=state or State.RUNNING, due_at=due_at, error=outcome.error
            )
            done = state is None
            self.write(lambda t: retries.settle(t, settled, at=at, done=done))
            if state in (None, State.DEAD):
                self.forgive({item.event.id})
        return state is State.WAITING and self._is_ordered(item.event.conversation_id)

    def give_back(self, item: Item) -> None:
        """Leave an event as if it had not been tried."""
        if item.row is not None:
            seq = item.event.id
            self.write(lambda t: retries.give_back(t, self._handler.name, [seq]))

    def write(self, change: Callable[[Transaction], None]) -> None:
        """Let the next settlement change something in the database."""
        self._changes.append(change)

    def settlement(self) -> Callable[[Change], None]:
        """Return the job that makes durable what is known by now."""
        changes, self._changes = self._changes, []
        position = self._saved = self.position

        def settle(change: Change) -> None:
            self._taken.check(change)
            # First of all, because it locks the position: so do operators, who change retries too.
            positions.move(change.transaction, self._handler.name, position)
            for write in changes:
                write(change.transaction)

        return settle

    def _add(self, row: Retry) -> None:
        self.write(lambda t: retries.add(t, [row]))
        if row.state != State.DEAD:
            self.owe(row)
        self._under_way.pop(row.seq, None)

    def _row(self, event: Event, state: State, *, attempts: int) -> Retry:
        name, conversation_id = self._handler.name, event.conversation_id
        return Retry(name, event.id, conversation_id, state, attempts, 0, None)

    def _next(self, item: Item, outcome: Outcome, at: int) -> tuple[State | None, int]:
        """Return the state of what is owed from now on, None for nothing, and when it is due."""
        if outcome.verdict is Verdict.DONE:
            return None, 0
        pause = self._handler.retry.pause(item.attempt, self._random)
        if outcome.verdict is Verdict.DEAD or pause is None:
            return State.DEAD, at
        if outcome.delay is not None:
            pause = outcome.delay
        return State.WAITING, at + pause // timedelta(milliseconds=1)

    def _is_ordered(self, conversation_id: int | None) -> bool:
        return self._handler.order == "conversation" and conversation_id is not None
