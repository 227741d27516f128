"""Connections that last as long as the event loop of those who use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class LoopLong(Generic[Thing]):
    """A thing that is opened when it is first wanted, and closed at the end of the loop.

    It comes from a generator that yields it once: a loop that ends closes those begun in it.
    """

    def __init__(self, open: Callable[[], AsyncGenerator[Thing, None]]) -> None:
        self._open = open
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get(self) -> Thing:
        """Return the thing; whoever comes while it is being opened waits for it."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._opening = loop, asyncio.Lock()
            self._things: list[Thing] = []
        async with self._opening:
            if not self._things:
                self._held = self._open()
                self._things = [await anext(self._held)]
            return self._things[0]

    async def forget(self, thing: Thing) -> None:
        """Close a thing that is of no use any more; the next who wants one opens another."""
        async with self._opening:
            if self._things == [thing]:
                self._things = []
                await self._held.aclose()
