"""Wait before a target that is away: one knocks at a time, with growing pauses.

An event that waits keeps its place, and what comes after it is not even read. Were each to fail by
itself, an outage would leave a retry for every event of it, each due at some time of its own that
may lie hours after the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from receiver import Retry

Answer = TypeVar("Answer")

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds between two knocks: so long after the target is back it is noticed."""


class Door:
    """The way to one target, for those who are in one loop."""

    def __init__(self) -> None:
        self._pause = 0.0
        """Before the next knock; 0 while the door is open."""
        self._knocking = asyncio.Lock()

    async def ask(
        self, ask: Callable[[], Awaitable[Answer]], *, is_away: Callable[[Answer], bool]
    ) -> Answer:
        """Ask something of the target as soon as it is there, or to see whether it is.

        Raises:
            Retry: `ask` did, which says that the target is away.
        """
        while self._pause:
            async with self._knocking:
                if self._pause:
                    await asyncio.sleep(self._pause)
                    return await self._ask(ask, is_away, min(2 * self._pause, LONGEST_PAUSE))
        return await self._ask(ask, is_away, FIRST_PAUSE)

    async def _ask(
        self,
        ask: Callable[[], Awaitable[Answer]],
        is_away: Callable[[Answer], bool],
        pause: float,
    ) -> Answer:
        """Ask, and let there be this pause before the next knock if the target is away."""
        try:
            answer = await ask()
        except Retry:
            self._pause = max(self._pause, pause)
            raise
        self._pause = max(self._pause, pause) if is_away(answer) else 0
        return answer
