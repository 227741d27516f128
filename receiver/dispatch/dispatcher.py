"""The dispatcher: all handlers of a process, in a thread with an event loop of its own.

A handler that blocks its loop, or ends it, is therefore never in the way of the webhook.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Sequence
from datetime import timedelta

from receiver.dispatch.desk import Desk
from receiver.dispatch.feed import Feed
from receiver.dispatch.routing import Handler
from receiver.dispatch.shift import Shift
from receiver.errors import NotStored, Stopping
from receiver.store import positions
from receiver.store.positions import Position

logger = logging.getLogger(__name__)

TAKE_EVERY = timedelta(seconds=1)
"""How often it is tried to take a handler that another process works for, or did."""
STOP_WITHIN = timedelta(seconds=7)
BLOCKED_AFTER = timedelta(seconds=2)


class Dispatcher:
    """Works for handlers from `start` to `stop`."""

    def __init__(self, desk: Desk, handlers: Sequence[Handler]) -> None:
        self._desk = desk
        self._handlers = handlers
        self._thread = threading.Thread(target=self._run, name="handlers", daemon=True)
        self._started = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin."""
        if self._handlers:
            self._thread.start()
            self._started.wait()
            threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Let calls finish, give back what doesn't in time, and let go of all handlers."""
        self._ended.set()
        if not self._thread.ident:
            return
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(STOP_WITHIN.total_seconds())
        if self._thread.is_alive():
            logger.error("handlers do not end; they are left behind, and their events not settled")

    def _run(self) -> None:
        asyncio.run(self._work())

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._started.set()
        feed = Feed(self._desk.database)
        await asyncio.gather(*(self._work_for(handler, feed) for handler in self._handlers))

    async def _work_for(self, handler: Handler, feed: Feed) -> None:
        while not self._stopped.is_set():
            try:
                position = await self._take(handler)
                if position is not None:
                    await Shift(self._desk, feed, handler, position).run(self._stopped)
            except Stopping:
                return
            except NotStored as error:
                logger.warning("handler %s begins again: %s", handler.name, error)
            except Exception:  # a fault of ours may cost a handler a pause, not its life
                logger.exception("handler %s begins again", handler.name)
            await self._pause()

    async def _take(self, handler: Handler) -> Position | None:
        start = 0 if handler.start == "beginning" else self._desk.watch.newest
        return await self._desk.writer.change(
            lambda change: positions.take(change, handler.name, start=start)
        )

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(TAKE_EVERY.total_seconds()):
                await self._stopped.wait()
        except TimeoutError:
            pass

    def _watch_loop(self) -> None:
        """Say where the loop stands still: a handler that blocks holds up all others."""
        turned = threading.Event()
        while not self._ended.wait(BLOCKED_AFTER.total_seconds()) and self._thread.is_alive():
            turned.clear()
            self._loop.call_soon_threadsafe(turned.set)
            if not turned.wait(BLOCKED_AFTER.total_seconds()):
                frame = sys._current_frames().get(self._thread.ident or 0)
                place = "".join(traceback.format_stack(frame)[-2:])
                logger.warning("a handler blocks all others; let it be a plain def?\n%s", place)
