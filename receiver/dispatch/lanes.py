"""Lanes: what is of one conversation one after another, conversations side by side."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """Runs items, a limited number at the same time, and never two of a lane."""

    def __init__(self, run: Callable[[Item], Awaitable[None]], *, at_once: int) -> None:
        self._run = run
        self._room = asyncio.Semaphore(at_once)
        self._waiting: dict[Hashable, deque[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Raises what `run` raised, once it does: that is no item's fault, but ours."""

    def __contains__(self, lane: Hashable) -> bool:
        """Tell whether something waits or runs in a lane."""
        return lane in self._waiting

    def __len__(self) -> int:
        """Return how many lanes there are in which something waits or runs."""
        return len(self._waiting)

    def add(self, lane: Hashable, item: Item) -> None:
        """Put an item at the end of a lane."""
        waiting = self._waiting.get(lane)
        if waiting is not None:
            waiting.append(item)
            return
        waiting = self._waiting[lane] = deque([item])
        task = asyncio.get_running_loop().create_task(self._drive(lane, waiting))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def clear(self, lane: Hashable) -> list[Item]:
        """Remove and return what waits in a lane; what runs goes on."""
        waiting = self._waiting.get(lane, deque[Item]())
        taken = list(waiting)
        waiting.clear()
        return taken

    def clear_all(self) -> list[Item]:
        """Remove and return what waits in all lanes."""
        return [item for lane in list(self._waiting) for item in self.clear(lane)]

    async def ended(self, *, within: float) -> bool:
        """Wait until nothing runs any more; False when it still does after so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        return not self._tasks

    async def _drive(self, lane: Hashable, waiting: deque[Item]) -> None:
        try:
            while waiting:
                async with self._room:
                    if waiting:
                        await self._run(waiting.popleft())
        except asyncio.CancelledError:  # by a handler that cancels what is not its own
            self.failure.cancel()
            raise
        except Exception as error:
            if not self.failure.done():
                self.failure.set_exception(error)
        finally:
            del self._waiting[lane]
