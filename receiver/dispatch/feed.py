"""The journal as the handlers of this process read it: once for all that are at its end."""

from __future__ import annotations

import asyncio

from receiver.dispatch.courtesy import FEW_EVENTS, Courtesy
from receiver.events import Event
from receiver.store import reading
from receiver.store.database import Database
from receiver.store.tail import Tail

KEPT = 2_000
"""Events that stay in memory for the handlers that come a little later."""


class Feed:
    """Reads events behind a position; what was read last is kept for the next who asks."""

    def __init__(self, database: Database, courtesy: Courtesy) -> None:
        self._database = database
        self._courtesy = courtesy
        self._lock = asyncio.Lock()
        self._tail: Tail[Event] = Tail(seq=lambda event: event.id, size=KEPT)

    async def after(self, seq: int, *, limit: int) -> list[Event]:
        """Return the next events behind a position, at most so many."""
        async with self._lock:
            if self._tail.reaches(seq) and (kept := self._tail.after(seq)):
                return kept[:limit]
            await self._courtesy.give_way()
            limit = min(limit, FEW_EVENTS) if self._courtesy.is_due else limit
            events = await asyncio.to_thread(self._read, seq, limit)
            self._tail.add(seq, events)
            return events

    def _read(self, seq: int, limit: int) -> list[Event]:
        with self._courtesy.elsewhere():
            return self._database.ask(reading.after, seq, limit=limit)
