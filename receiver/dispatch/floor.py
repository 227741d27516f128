"""The floor that the calls of a process share: many side by side, or one alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Floor:
    """Lets calls in, all of them or one that is to be blamed for whatever happens meanwhile."""

    def __init__(self) -> None:
        self._calls = 0
        self._open = asyncio.Event()
        self._open.set()
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Be there with others."""
        while not self._open.is_set():
            await self._open.wait()
        self._calls += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self._empty.set()

    @asynccontextmanager
    async def alone(self, *, unless: asyncio.Event) -> AsyncIterator[bool]:
        """Be there alone; False where another one is to be, or `unless` is set first."""
        if not self._open.is_set():
            yield False
            return
        self._open.clear()
        try:
            yield await self._emptied(unless)
        finally:
            self._open.set()

    async def _emptied(self, unless: asyncio.Event) -> bool:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._empty, unless)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return not unless.is_set()
