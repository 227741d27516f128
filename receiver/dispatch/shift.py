"""A shift: the work of this process for one handler, from taking its position to letting go.

Events behind the position run, conversations side by side. The position is the last event before
the first that is not finished, and moves in the writer's next commit, together with what else came
of the calls. What fails leaves a retry row; later events of its conversation are parked behind it.
All that is remembered here can be lost at any moment: events that were not settled are read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Any

import orjson

from receiver.dispatch.calling import DONE, Call, Outcome, Verdict
from receiver.dispatch.context import Context
from receiver.dispatch.desk import Desk
from receiver.dispatch.feed import Feed
from receiver.dispatch.lanes import Lanes
from receiver.dispatch.ledger import Item, Ledger
from receiver.dispatch.routing import Handler
from receiver.events import Event
from receiver.store import handler_states, positions, reading, retries
from receiver.store.changing import Change
from receiver.store.positions import Position
from receiver.store.retries import Retry, State

AT_ONCE = 32
"""Calls of a handler at the same time."""
MAX_UNDER_WAY = 1_000
"""Events begun and not finished; as many may have to be looked at after a crash."""
BATCH = 500
RETRIES_AT_ONCE = 100
LOOK_EVERY = timedelta(seconds=1)
"""How often an operator's changes to retries are noticed."""
SETTLE_EVERY = timedelta(milliseconds=50)
"""Positions are behind by this much, so that they cost the writer next to nothing."""
STOP_WITHIN = timedelta(seconds=4)
"""For calls under way when the process is asked to stop; then they are given back."""


class Shift:
    """Works for a handler until it is stopped, or displaced."""

    def __init__(self, desk: Desk, feed: Feed, handler: Handler, position: Position) -> None:
        self._desk = desk
        self._feed = feed
        self._handler = handler
        self._position = position
        self._ledger = Ledger(handler, position, random=desk.random)
        self._lanes: Lanes[Item] = Lanes(self._handle, at_once=AT_ONCE)
        self._calls: set[Call] = set()
        self._trying: set[int] = set()
        self._states: dict[int, str] = {}
        self._paused = position.paused
        self._ending = False
        """Whether nothing more is to be begun."""
        self._finished = False
        """Whether all calls have ended, and what came of them is all that is left to write."""
        self._dirty = asyncio.Event()
        """Set when there may be something to settle."""
        self._room = asyncio.Event()
        """Set when there may be room to read on."""
        self._lets_go = False
        """Whether the next settlement may let parked events go."""
        self._look = asyncio.Event()
        """Set when retries may be due before the next look."""

    async def run(self, stopped: asyncio.Event) -> None:
        """Work until `stopped` is set; then finish what runs, or give it back.

        Raises:
            NotStored: the database failed, or another process may have taken over.
        """
        await self._resume()
        reading, retrying, settling = map(
            asyncio.ensure_future, (self._read_on(), self._retry_on(), self._settle_on())
        )
        stopping = asyncio.ensure_future(stopped.wait())
        loops: list[asyncio.Future[Any]] = [reading, retrying, settling, stopping]
        try:
            watched = [*loops, self._lanes.failure]
            ended, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for loop in ended:
                loop.result()
            reading.cancel()
            # The others come to their end by themselves: cut off in the middle, they would forget
            # what they have begun to write.
            self._ending = True
            self._look.set()
            await retrying
            await self._finish_calls()
            self._finished = True
            self._dirty.set()
            await settling
            await self._desk.writer.change(self._release)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self._finish_calls()

    def _release(self, change: Change) -> None:
        self._position.check(change)
        positions.release(change, self._handler.name)

    async def _resume(self) -> None:
        """Take over what is owed, and treat with care what may have ended the process before."""
        owed = await self._desk.read(retries.owed, self._handler.name)
        for row in owed:
            self._ledger.owe(row)
        broken_off = [row for row in owed if row.state == State.RUNNING]
        if self._position.released and not broken_off:
            return
        events = await self._desk.read(reading.these, [row.seq for row in broken_off])
        known = {event.id: event for event in events}
        for row in broken_off:
            if row.seq in known:
                ended = Outcome(Verdict.AGAIN, "the process ended during it")
                self._ledger.finish(Item(known[row.seq], row), ended, at=self._desk.now())
                self._ledger.suspects.add(row.seq)
        if not self._position.released:
            await self._adopt()
        await self._desk.writer.change(self._ledger.settlement())

    async def _adopt(self) -> None:
        """Make retries of all that may have been under way, to be tried one at a time."""
        position = self._ledger.read_to
        for event in await self._desk.read(reading.after, position, limit=MAX_UNDER_WAY):
            if _wants(self._handler, event):
                self._ledger.adopt(event)
            else:
                self._ledger.skip(event.id)

    async def _read_on(self) -> None:
        ledger = self._ledger
        while True:
            await self._desk.watch.beyond(ledger.read_to)
            while self._paused or ledger.under_way >= MAX_UNDER_WAY:
                await _next(self._room)
            newest = self._desk.watch.newest
            events = await self._feed.after(
                ledger.read_to, limit=min(BATCH, MAX_UNDER_WAY - ledger.under_way)
            )
            if not events:
                ledger.skip(newest)  # erased, and nothing behind it
            await self._load_states(events)
            for event in events:
                self._take(event)
            self._dirty.set()

    def _take(self, event: Event) -> None:
        if not _wants(self._handler, event):
            self._ledger.skip(event.id)
        elif self._ledger.begin(event):
            self._lanes.add(self._lane(event), Item(event))

    async def _retry_on(self) -> None:
        while not self._ending:
            self._look.clear()
            if not self._paused:
                await self._retry_due()
            await _set_within(self._look, LOOK_EVERY)
            await self._notice_changes()

    async def _retry_due(self) -> None:
        name = self._handler.name
        room = RETRIES_AT_ONCE - len(self._trying)
        due = await self._desk.read(retries.due, name, at=self._desk.now(), limit=room)
        rows = self._alone_if_suspect([row for row in due if row.seq not in self._trying])
        if not rows:
            return
        numbers = [row.seq for row in rows]
        await self._desk.writer.change(lambda change: self._begin(change, numbers))
        events = {event.id: event for event in await self._desk.read(reading.these, numbers)}
        await self._load_states(list(events.values()))
        for row in rows:
            self._try(row._replace(attempts=row.attempts + 1), events.get(row.seq))

    def _alone_if_suspect(self, rows: list[Retry]) -> list[Retry]:
        """Let nothing else be tried beside what may end the process, so that it alone is blamed."""
        suspects = self._ledger.suspects
        if self._trying & suspects:
            return []
        for row in rows:
            if row.seq in suspects:
                return [] if self._trying else [row]
        return rows

    def _begin(self, change: Change, numbers: Sequence[int]) -> None:
        self._position.check(change)
        retries.begin(change.transaction, self._handler.name, numbers)

    def _try(self, row: Retry, event: Event | None) -> None:
        self._ledger.owe(row)
        if event is None:  # erased
            self._ledger.write(lambda t: retries.settle(t, row, at=0, done=True))
            self._ledger.forgive({row.seq})
            return
        self._trying.add(row.seq)
        self._lanes.add(self._lane(event), Item(event, row))

    async def _notice_changes(self) -> None:
        """See what operators have done: paused the handler, removed retries."""
        owed = self._ledger.owed
        name = self._handler.name
        self._paused = await self._desk.read(positions.paused, name)
        if owed and self._ledger.is_settled:
            still = await self._desk.read(retries.still_owed, name, owed)
            self._ledger.forgive(owed - still - self._trying)
        self._room.set()

    async def _settle_on(self) -> None:
        while not (self._finished and self._ledger.is_settled):
            await _next(self._dirty)
            if not self._ledger.is_settled:
                lets_go, self._lets_go = self._lets_go, False
                await self._desk.writer.change(self._ledger.settlement())
                if lets_go:
                    self._look.set()
                await asyncio.sleep(SETTLE_EVERY.total_seconds())

    async def _handle(self, item: Item) -> None:
        event = item.event
        before = self._states.get(event.conversation_id or 0, handler_states.EMPTY)
        context = Context(
            handler=self._handler.name,
            event=event,
            attempt=item.attempt,
            state=orjson.loads(before),
            surroundings=self._desk,
            default_phone=self._desk.default_phone,
        )
        call = Call(self._handler, event, context)
        self._calls.add(call)
        outcome = await call.outcome()
        self._calls.discard(call)
        if outcome.verdict is Verdict.DONE and self._handler.takes_context:
            outcome = self._keep_state(context, before)
        if self._ledger.finish(item, outcome, at=self._desk.now()):
            self._park_waiting(event)
        self._trying.discard(event.id)
        self._lets_go |= item.row is not None
        self._dirty.set()
        self._room.set()

    def _keep_state(self, context: Context, before: str) -> Outcome:
        conversation_id = context.event.conversation_id
        try:
            state = orjson.dumps(context.state).decode()
        except TypeError as error:
            return Outcome(Verdict.AGAIN, f"context.state can't be kept as JSON: {error}")
        if state != before and conversation_id is not None:
            self._states[conversation_id] = state
            name = self._handler.name
            self._ledger.write(lambda t: handler_states.save(t, name, conversation_id, state))
        return DONE

    def _park_waiting(self, event: Event) -> None:
        lane = self._lane(event)
        for item in self._lanes.clear(lane):
            if item.row is None:
                self._ledger.park(item.event)
            else:
                self._lanes.add(lane, item)

    async def _load_states(self, events: Sequence[Event]) -> None:
        """Load what the handler keeps of these conversations, if it can ask for it."""
        if not self._handler.takes_context:
            return
        if self._ledger.is_settled and not self._calls:
            self._states.clear()  # all of it is in the database
        wanted = {
            e.conversation_id for e in events if e.conversation_id and _wants(self._handler, e)
        }
        missing = wanted - self._states.keys()
        if missing:
            name = self._handler.name
            self._states |= await self._desk.read(handler_states.load, name, missing)

    async def _finish_calls(self) -> None:
        for item in self._lanes.clear_all():
            self._ledger.give_back(item)
        if not await self._lanes.ended(within=STOP_WITHIN.total_seconds()):
            for call in list(self._calls):
                call.give_back()
            await self._lanes.ended(within=1)

    def _lane(self, event: Event) -> Hashable:
        if self._handler.order == "none":
            return -event.id
        return event.conversation_id or 0


def _wants(handler: Handler, event: Event) -> bool:
    try:
        return handler.wants(event)
    except Exception:  # the call asks again, and fails like a handler that raises
        return True


async def _next(event: asyncio.Event) -> None:
    await event.wait()
    event.clear()


async def _set_within(event: asyncio.Event, time: timedelta) -> None:
    try:
        async with asyncio.timeout(time.total_seconds()):
            await event.wait()
    except TimeoutError:
        pass
