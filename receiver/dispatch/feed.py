"""The journal as the handlers of this process read it: once for all that are at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from itertools import takewhile
from typing import NamedTuple

from receiver.dispatch.courtesy import FEW_EVENTS, Courtesy
from receiver.dispatch.desk import Desk
from receiver.dispatch.routing import Handler
from receiver.events import Event
from receiver.store import reading
from receiver.store.tail import Tail

KEPT = 2_000
"""Events that stay in memory for the handlers that come a little later."""


class Portion(NamedTuple):
    """A piece of the journal: what somebody here may want of it."""

    events: list[Event]
    last: int
    """The number up to which it goes."""


class Feed:
    """Reads on behind a position; what was read last is kept for the next who asks.

    Of types that no handler of this process wants nothing is read.
    """

    def __init__(self, desk: Desk, courtesy: Courtesy, handlers: Collection[Handler]) -> None:
        self._desk = desk
        self._courtesy = courtesy
        self._types = _types(handlers)
        self._lock = asyncio.Lock()
        self._tail: Tail[Event] = Tail(seq=lambda event: event.id, size=KEPT)

    async def after(self, seq: int, *, limit: int) -> Portion:
        """Return what there is behind a position, at most so many numbers of it."""
        async with self._lock:
            if self._tail.reaches(seq) and seq < self._tail.end:
                last = min(seq + limit, self._tail.end)
                return Portion([*takewhile(lambda e: e.id <= last, self._tail.after(seq))], last)
            await self._courtesy.give_way()
            limit = min(limit, FEW_EVENTS) if self._courtesy.is_due else limit
            last = max(seq, min(seq + limit, self._desk.watch.newest))
            events = await asyncio.to_thread(self._read, seq, last)
            self._tail.add(seq, events, end=last)
            return Portion(events, last)

    def _read(self, after: int, last: int) -> list[Event]:
        with self._courtesy.elsewhere():
            return self._desk.database.ask(reading.between, after, last, types=self._types)


def _types(handlers: Collection[Handler]) -> set[str] | None:
    """Return the types of the events that handlers can want; None where those are all."""
    if any(handler.event is Event for handler in handlers):
        return None  # also of types that only a later version knows
    return {kind for handler in handlers for kind in handler.types}
