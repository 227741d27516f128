"""The journal as the handlers of this process read it: once for all that are at its end."""

from __future__ import annotations

import asyncio
from bisect import bisect_right

from receiver.dispatch.courtesy import FEW_EVENTS, Courtesy
from receiver.events import Event
from receiver.store import reading
from receiver.store.database import Database

KEPT = 2_000
"""Events that stay in memory for the handlers that come a little later."""


class Feed:
    """Reads events behind a position; what was read last is kept for the next who asks."""

    def __init__(self, database: Database, courtesy: Courtesy) -> None:
        self._database = database
        self._courtesy = courtesy
        self._lock = asyncio.Lock()
        self._from = 0
        self._kept: list[Event] = []

    async def after(self, seq: int, *, limit: int) -> list[Event]:
        """Return the next events behind a position, at most so many."""
        async with self._lock:
            kept = self._among_kept(seq, limit)
            if kept:
                return kept
            await self._courtesy.give_way()
            limit = min(limit, FEW_EVENTS) if self._courtesy.is_due else limit
            events = await asyncio.to_thread(self._database.ask, reading.after, seq, limit=limit)
            self._keep(seq, events)
            return events

    def _among_kept(self, seq: int, limit: int) -> list[Event]:
        if not self._kept or seq < self._from:
            return []
        start = bisect_right(self._kept, seq, key=lambda event: event.id)
        return self._kept[start : start + limit]

    def _keep(self, seq: int, events: list[Event]) -> None:
        last = self._kept[-1].id if self._kept else 0
        if not events or seq < last:
            return  # read by one who is far behind: of no use to the others
        if seq > last:
            self._kept, self._from = [], seq
        self._kept += events
        if len(self._kept) > KEPT:
            self._from = self._kept[-KEPT - 1].id
            del self._kept[:-KEPT]
