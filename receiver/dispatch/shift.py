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

from receiver.dispatch import calling, resuming
from receiver.dispatch.desk import Desk
from receiver.dispatch.feed import Feed
from receiver.dispatch.floor import Floor
from receiver.dispatch.handling import Handling
from receiver.dispatch.lanes import Lanes
from receiver.dispatch.ledger import Item, Ledger
from receiver.dispatch.reviewing import Review
from receiver.dispatch.routing import Handler
from receiver.events import Event
from receiver.store import positions, reading, retries
from receiver.store.changing import Change
from receiver.store.positions import Position
from receiver.store.retries import Retry

AT_ONCE = 32
"""Calls of a handler at the same time."""
MAX_AHEAD = 1_000
"""Events read beyond the position; as many may have to be looked at after a crash."""
BATCH = 500
RETRIES_AT_ONCE = 100
LOOK_EVERY = timedelta(seconds=1)
"""How often an operator's changes to retries are noticed."""
SETTLE_EVERY = timedelta(milliseconds=50)
"""Positions are behind by this much, so that they cost the writer next to nothing."""
LEAVE_WITHIN = timedelta(seconds=30)
"""For calls under way when the handler is left to another process; then they are given back."""
STOP_WITHIN = timedelta(seconds=5.5)
"""For calls under way when the process is asked to stop; then they are given back. What is cut off
is called again; but of a message that is being sent nobody knows then whether it was."""


class Shift:
    """Works for a handler until it is stopped, or displaced."""

    def __init__(
        self, desk: Desk, feed: Feed, floor: Floor, handler: Handler, position: Position
    ) -> None:
        self._desk = desk
        self._feed = feed
        self._floor = floor
        self._handler = handler
        self._position = position
        self._ledger = Ledger(handler, position, random=desk.random)
        self._lanes: Lanes[Item] = Lanes(self._handle_in_turn, at_once=AT_ONCE)
        self._handling = Handling(desk, handler, self._ledger, in_use=self._uses)
        self._review = Review(desk, handler.name, self._ledger)
        self._trying: set[int] = set()
        self._run = 1
        """How many parked events are taken up with the one before them; more with each success."""
        self._accounted: set[int] = set()
        """Events behind the position that have a retry, or are dead."""
        self._awake = asyncio.Event()
        """Not set while the handler is paused."""
        if not position.paused:
            self._awake.set()
        self._ending = asyncio.Event()
        """Set when nothing more is to be begun."""
        self._finished = False
        """Whether all calls have ended, and what came of them is all that is left to write."""
        self._dirty = asyncio.Event()
        """Set when there may be something to settle."""
        self._urgent = asyncio.Event()
        """Set when what there is to settle holds up others."""
        self._room = asyncio.Event()
        """Set when there may be room to read on."""
        self._due = asyncio.Event()
        """Set when retries may be due before the next look."""

    async def run(self, stopped: asyncio.Event, leaving: asyncio.Event) -> None:
        """Work until `stopped` is set, or `leaving`; then finish what runs, or give it back.

        Raises:
            NotStored: the database failed, or another process may have taken over.
        """
        self._accounted = await resuming.resume(
            self._desk, self._handler, self._position, self._ledger, ahead=MAX_AHEAD
        )
        await self._settle()
        work = (self._read_on(), self._retry_on(), self._notice_on(), self._settle_on())
        ends = (stopped.wait(), leaving.wait())
        loops: list[asyncio.Future[Any]] = [*map(asyncio.ensure_future, (*work, *ends))]
        reading, retrying, noticing, settling, stopping, _ = loops
        try:
            watched = [*loops, self._lanes.failure]
            ended, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            reading.cancel()
            # The others come to their end by themselves: cut off in the middle, they would forget
            # what they have begun to write, and whom they have called.
            self._begin_nothing_more()
            for loop in ended:
                loop.result()
            await self._calls_ended(stopping, settling, within=LEAVE_WITHIN)
            await self._finish_calls(retrying)
            await asyncio.gather(retrying, noticing)
            await self._lanes.ended(within=1)
            self._finished = True
            self._dirty.set()
            await settling
            await self._desk.writer.change(self._release)
        finally:
            if not self._finished:
                await self._finish_calls(retrying)
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    def _release(self, change: Change) -> None:
        self._position.check(change)
        positions.release(change, self._handler.name)

    async def _read_on(self) -> None:
        ledger = self._ledger
        while True:
            await self._desk.watch.beyond(ledger.read_to)
            while not self._awake.is_set() or ledger.ahead >= MAX_AHEAD:
                await _next(self._room)
            limit = min(BATCH, MAX_AHEAD - ledger.ahead)
            events, last = await self._feed.after(ledger.read_to, limit=limit)
            new = [event for event in events if self._is_new(event)]
            await self._handling.prepare(new)
            for event in new:
                if ledger.begin(event):
                    self._lanes.add(self._lane(event), Item(event))
            ledger.skip(last)
            self._dirty.set()

    def _is_new(self, event: Event) -> bool:
        return event.id not in self._accounted and self._handler.may_want(event)

    async def _retry_on(self) -> None:
        while not self._ending.is_set():
            self._due.clear()
            now = self._desk.now()
            soon = await self._due_soon(now) if self._awake.is_set() else []
            await self._try_again([row for row in soon if row.due_at <= now])
            later = [row.due_at for row in soon if row.due_at > now]
            until_next = timedelta(milliseconds=later[0] - now) if later else LOOK_EVERY
            await _set_within(self._due, until_next)

    async def _due_soon(self, now: int) -> list[Retry]:
        """Return what is due before the next look."""
        name, before = self._handler.name, now + LOOK_EVERY // timedelta(milliseconds=1)
        # Nothing beyond the position: done and forgotten, it would be read again after a crash.
        where = {"up_to": self._ledger.saved, "limit": RETRIES_AT_ONCE - len(self._trying)}
        soon = await self._desk.read(retries.due, name, at=before, **where)
        return [row for row in soon if row.seq not in self._trying]

    async def _try_again(self, due: list[Retry]) -> None:
        rows = self._alone_if_suspect(due)
        if len(rows) == 1 and self._ledger.is_last_chance(rows[0]):
            async with self._floor.alone(unless=self._ending) as is_alone:
                for item in await self._begun(rows) if is_alone else ():
                    await self._handle(item)
        elif rows:
            for item in await self._begun(rows + await self._following(rows)):
                self._lanes.add(self._lane(item.event), item)

    async def _following(self, heads: Sequence[Retry]) -> list[Retry]:
        """Return parked events to be tried right after these, of each conversation its next."""
        last = {row.conversation_id: row for row in sorted(heads, key=lambda row: row.seq)}
        last.pop(None, None)
        room = RETRIES_AT_ONCE - len(self._trying) - len(heads)
        limit = min(self._run, room // len(last)) if last else 0
        if limit < 1 or not self._handler.is_ordered or heads[0].seq in self._ledger.suspects:
            return []
        where = {"up_to": self._ledger.saved, "limit": limit}
        suspects = self._ledger.suspects
        return await self._desk.read(
            retries.following, list(last.values()), unless=suspects, **where
        )

    async def _begun(self, rows: Sequence[Retry]) -> list[Item]:
        """Count tries, and return what is to be tried."""
        numbers = [row.seq for row in rows]
        found = {event.id: event for event in await self._desk.read(reading.these, numbers)}
        await self._desk.writer.change(lambda change: self._begin(change, numbers))
        await self._handling.prepare(found.values())
        for row in rows:
            self._ledger.owe(row)
            if row.seq not in found:  # erased
                self._ledger.drop(row)
                self._dirty.set()
        self._trying |= found.keys()
        begun = [row._replace(attempts=row.attempts + 1) for row in rows]
        return [Item(found[row.seq], row) for row in begun if row.seq in found]

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

    async def _notice_on(self) -> None:
        while not await _set_within(self._ending, LOOK_EVERY):
            await self._notice_changes()
            for event in self._handling.lasting():
                if self._ledger.set_aside(event):  # the position can move on past it
                    self._park_waiting(event)
                    self._dirty.set()
            self._room.set()

    async def _notice_changes(self) -> None:
        """See what operators have done: paused the handler, removed retries."""
        if await self._desk.writer.change(self._is_paused) and not self._ending.is_set():
            self._awake.clear()
        else:
            self._awake.set()
        if await self._review.go_on(self._trying):
            self._dirty.set()

    def _is_paused(self, change: Change) -> bool:
        self._position.check(change)
        return positions.paused(change, self._handler.name)

    async def _settle_on(self) -> None:
        while not (self._finished and self._ledger.is_settled):
            await _next(self._dirty)
            if not self._ledger.is_settled:
                leaves_retries = self._ledger.leaves_retries
                await self._settle()
                if leaves_retries:
                    self._due.set()
                await _set_within(self._urgent, SETTLE_EVERY)
                self._urgent.clear()

    async def _settle(self) -> None:
        await self._desk.writer.change(self._ledger.settlement())
        self._ledger.settled()

    async def _handle_in_turn(self, item: Item) -> None:
        await self._awake.wait()
        await calling.may_begin(self._handler, unless=self._ending)
        async with self._floor.beside():
            if self._ending.is_set():
                self._ledger.give_back(item)
            else:
                await self._handle(item)

    async def _handle(self, item: Item) -> None:
        event = item.event
        outcome = await self._handling.call(item)
        if event.id in self._ledger.suspects:  # nothing else is tried before this is settled
            self._urgent.set()
        waits = self._ledger.finish(item, outcome, at=self._desk.now())
        if waits:
            self._park_waiting(event)
        if item.row:
            self._run = 1 if waits else min(2 * self._run, RETRIES_AT_ONCE)
        self._trying.discard(event.id)
        self._dirty.set()
        self._room.set()

    def _uses(self, conversation_id: int) -> bool:
        return conversation_id in self._lanes if self._handler.is_ordered else len(self._lanes) > 0

    def _park_waiting(self, event: Event) -> None:
        """Let what waits behind an event wait until that is done."""
        lane = self._lane(event)
        for item in self._lanes.clear(lane):
            if item.event.id < event.id:  # replayed
                self._lanes.add(lane, item)
            else:
                self._ledger.park(item)
                self._trying.discard(item.event.id)

    def _begin_nothing_more(self) -> None:
        self._ending.set()
        self._awake.set()
        self._due.set()
        for item in self._lanes.clear_all():
            self._ledger.give_back(item)

    async def _calls_ended(self, *unless: asyncio.Future[Any], within: timedelta) -> None:
        ended = asyncio.ensure_future(self._lanes.ended(within=within.total_seconds()))
        await asyncio.wait([ended, *unless], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()

    async def _finish_calls(self, retrying: asyncio.Future[Any]) -> None:
        """Give back what doesn't end soon."""
        calls = [asyncio.ensure_future(self._lanes.ended(within=60)), retrying]
        _, late = await asyncio.wait(calls, timeout=STOP_WITHIN.total_seconds())
        if late:
            self._handling.give_back()
            await asyncio.wait(calls, timeout=1)
        calls[0].cancel()

    def _lane(self, event: Event) -> Hashable:
        return (event.conversation_id or 0) if self._handler.is_ordered else -event.id


async def _next(event: asyncio.Event) -> None:
    await event.wait()
    event.clear()


async def _set_within(event: asyncio.Event, time: timedelta) -> bool:
    try:
        async with asyncio.timeout(time.total_seconds()):
            return await event.wait()
    except TimeoutError:
        return False
