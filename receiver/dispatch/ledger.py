"""The books of a shift: what is under way, what is owed, and what the next commit has to write.

Nothing here does I/O or waits. The position follows from what is under way, so it can't be wrong
in one place only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
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

ENDED = "the process ended, maybe because of it"
"""The error of a try that was broken off."""
ALONE_AFTER = 2
"""Tries, the last of them broken off: then an event is suspect, and tried alone."""


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
        self._under_way: dict[int, None] = {}
        self._aside: dict[int, Retry] = {}
        self._owed: dict[int, set[int]] = {}
        self._new: list[Retry] = []
        self._changes: list[Callable[[Transaction], None]] = []
        self._letting_go: set[int | None] = set()
        self._last_owed = 0
        self._unsaved: set[Hashable] = set()
        self._being_saved: set[Hashable] = set()
        self.leaves_retries = False
        """Whether with the next settlement something may be tried again that couldn't before."""
        self.saved = position.seq
        """The position as it was written, or is being written."""
        self.read_to = position.seq
        """The last event that was read."""
        self.suspects: set[int] = set()
        """What may have ended the process, and more than once; or ends it for the last time."""

    @property
    def position(self) -> int:
        """The last event before the first that is under way."""
        return next(iter(self._under_way), self.read_to + 1) - 1

    @property
    def ahead(self) -> int:
        """How far reading is ahead of the position."""
        return self.read_to - self.position

    @property
    def owed(self) -> set[int]:
        """Events of conversations in which something waits for its retry, as stored."""
        owed = {seq for numbers in self._owed.values() for seq in numbers}
        return owed - self._unsaved - self._being_saved - self._aside.keys()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is known here has to be written."""
        return not self._new and not self._changes and self.position == self.saved

    def is_saved(self, thing: Hashable) -> bool:
        """Tell whether all that was written about something is in the database."""
        return thing not in self._unsaved and thing not in self._being_saved

    def owe(self, row: Retry) -> None:
        """Take note of a retry that is in the database, so that others wait for it."""
        if row.error == ENDED:
            self.suspect(row)
        self._last_owed = max(self._last_owed, row.seq)
        if self._is_ordered(row.conversation_id) and row.conversation_id is not None:
            self._owed.setdefault(row.conversation_id, set()).add(row.seq)

    def suspect(self, row: Retry) -> None:
        """Take note that an event was under way when a process ended."""
        tries = min(ALONE_AFTER, self._handler.retry.attempts - 1)
        if row.attempts >= tries and not self._handler.trusted:
            self.suspects.add(row.seq)

    def forgive(self, numbers: set[int]) -> None:
        """Forget retries that somebody else has removed, or declared dead."""
        if not numbers:
            return
        for conversation_id in list(self._owed):
            self._owed[conversation_id] -= numbers
            if not self._owed[conversation_id]:
                del self._owed[conversation_id]
        self.suspects -= numbers

    def skip(self, seq: int) -> None:
        """Pass over an event that the handler does not want, or has an account of already."""
        self.read_to = seq

    def begin(self, event: Event) -> bool:
        """Begin an event, or park it behind one of its conversation; tell whether it may run."""
        self.read_to = event.id
        if event.conversation_id in self._owed:
            self.park(Item(event))
            return False
        self._under_way[event.id] = None
        return True

    def park(self, item: Item) -> None:
        """Let an event wait until those of its conversation that failed are done or dead."""
        ordered = self._is_ordered(item.event.conversation_id)
        state = State.PARKED if ordered else State.WAITING
        if item.row is None:
            self._add(self._row(item.event, state, attempts=0))
        else:
            self.give_back(item, state=state)

    def set_aside(self, event: Event) -> bool:
        """Owe an event that runs for long, so that the position can move on; False if it is."""
        if event.id not in self._under_way:
            return False
        row = self._aside[event.id] = self._row(event, State.RUNNING, attempts=1)
        self._add(row)
        return True

    def adopt(self, event: Event) -> None:
        """Owe an event that an earlier process may have begun, and may have ended with."""
        self.read_to = event.id
        if event.conversation_id in self._owed:
            row = self._row(event, State.PARKED, attempts=0)
        else:
            # It counts as tried; but a handler that tries once only may not lose it.
            attempts = min(1, self._handler.retry.attempts - 1)
            row = self._row(event, State.WAITING, attempts=attempts)
        self._add(row._replace(error=ENDED))

    def hold_back(self, row: Retry, state: State) -> None:
        """Owe an event that may only have waited for its call when the process ended."""
        attempts = min(row.attempts, self._handler.retry.attempts - 1)
        held_back = row._replace(state=state, attempts=attempts, error=ENDED)
        self._settle(held_back)
        self.suspect(held_back)

    def is_last_chance(self, row: Retry) -> bool:
        """Tell whether a retry will be dead if the process is ended once more."""
        return row.seq in self.suspects and row.attempts + 1 >= self._handler.retry.attempts

    def finish(self, item: Item, outcome: Outcome, *, at: int) -> bool:
        """Note what came of a call; tell whether the conversation has to wait for a retry."""
        if outcome.verdict is Verdict.GIVEN_BACK:
            self.give_back(item)
            return False
        self.suspects.discard(item.event.id)
        state, due_at = self._next(item, outcome, at)
        row = self._aside.pop(item.event.id, item.row)
        if row is None and state is None:
            del self._under_way[item.event.id]
        elif row is None:
            new = self._row(item.event, state or State.DEAD, attempts=1)
            self._add(new._replace(due_at=due_at, error=outcome.error))
        elif state is None:
            self.drop(row)
        else:
            self._settle(row._replace(state=state, due_at=due_at, error=outcome.error))
        return state is State.WAITING and self._is_ordered(item.event.conversation_id)

    def drop(self, row: Retry) -> None:
        """Owe an event no longer."""
        self.write(lambda t: retries.remove(t, row), about=row.seq)
        self._forget(row)

    def give_back(self, item: Item, *, state: State | None = None) -> None:
        """Leave an event as if it had not been tried."""
        row = self._aside.pop(item.event.id, item.row)
        if row is not None:
            before = State.PARKED if row.state == State.PARKED else State.WAITING
            self.write(lambda t: retries.give_back(t, row, state or before), about=row.seq)
            self._let_go(row)

    def write(self, change: Callable[[Transaction], None], *, about: Hashable) -> None:
        """Let the next settlement change something in the database."""
        self._changes.append(change)
        self._unsaved.add(about)

    def settlement(self) -> Callable[[Change], None]:
        """Return the job that makes durable what is known by now; say when it was `settled`."""
        new, self._new = self._new, []
        changes, self._changes = self._changes, []
        letting_go, self._letting_go = self._letting_go, set()
        self._being_saved, self._unsaved = self._unsaved, set()
        position = self.saved = self.position
        self.leaves_retries = self._last_owed > position  # nothing beyond it is tried again
        name = self._handler.name

        def settle(change: Change) -> None:
            self._taken.check(change)
            retries.add(change.transaction, new)
            for write in changes:
                write(change.transaction)
            retries.let_go(change.transaction, name, letting_go, at=change.at)
            positions.move(change.transaction, name, position)

        return settle

    def settled(self) -> None:
        """Take note that the last settlement is in the database."""
        self._being_saved = set()

    def _settle(self, row: Retry) -> None:
        self.write(lambda t: retries.settle(t, row), about=row.seq)
        self.leaves_retries = True
        if row.state == State.DEAD:
            self._forget(row)

    def _forget(self, row: Retry) -> None:
        self._let_go(row)
        self.suspects.discard(row.seq)
        if owed := self._owed.get(row.conversation_id or 0):
            owed.discard(row.seq)
            if not owed:
                del self._owed[row.conversation_id or 0]

    def _let_go(self, row: Retry) -> None:
        self._letting_go.add(row.conversation_id)
        self.leaves_retries = True

    def _add(self, row: Retry) -> None:
        self._new.append(row)
        self.leaves_retries = True
        self._unsaved.add(row.seq)
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
        return self._handler.is_ordered and conversation_id is not None
