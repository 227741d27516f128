"""The dispatcher: handlers, in a thread with an event loop of their own.

A handler that blocks its loop, or ends it, is therefore never in the way of the webhook.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from types import FrameType

from receiver.dispatch import calling
from receiver.dispatch.courtesy import Courtesy
from receiver.dispatch.desk import Desk
from receiver.dispatch.feed import Feed
from receiver.dispatch.floor import Floor
from receiver.dispatch.routing import Handler
from receiver.dispatch.shift import Shift
from receiver.errors import DatabaseFailed, NotStored, Stopping
from receiver.store import positions, sharing
from receiver.store.changing import Change
from receiver.store.positions import Position

try:
    from uvloop import new_event_loop
except ImportError:  # pragma: no cover - there is none for Windows
    from asyncio import new_event_loop  # type: ignore[assignment]

logger = logging.getLogger(__name__)

TAKE_EVERY = timedelta(seconds=1)
"""How often it is tried to take a handler that another process works for, or did."""
LEFT_FOR = timedelta(seconds=5)
"""Time for another process to take a handler that was left to it."""
STOP_WITHIN = timedelta(seconds=8)
"""For all of it, before the process is ended by force."""
BLOCKED_AFTER = timedelta(seconds=2)
CLOSE_WITHIN = timedelta(seconds=5)
"""For tasks that handlers have left behind."""
SWITCH_AFTER = timedelta(milliseconds=0.5)
"""A thread that computes lets others go on; Python's own 5 ms delay each step of an answer."""


class Dispatcher:
    """Works for handlers from `start` to `stop`."""

    def __init__(
        self,
        desk: Desk,
        handlers: Sequence[Handler],
        *,
        closing: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """`closing` is what handlers of ours have opened in their loop, to be closed at its end."""
        self._desk = desk
        self._handlers = handlers
        self._closing = closing
        self._thread = threading.Thread(target=self._run, name="handlers", daemon=True)
        self._started = threading.Event()
        self._ending = threading.Event()
        self._ended = threading.Event()
        self._begins_at = 0
        self._leaving: dict[str, asyncio.Event] = {}
        """Of each handler that is worked for here: set when it is to be left to another process."""
        self._switched_after = sys.getswitchinterval()

    def start(self) -> None:
        """Begin; what is recorded from now on is for handlers that are new, too."""
        if self._handlers:
            self._begins_at = self._desk.watch.newest
            sys.setswitchinterval(SWITCH_AFTER.total_seconds())
            self._thread.start()
            self._started.wait()
            threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Let calls finish, give back what doesn't in time, and let go of all handlers."""
        self._ending.set()
        if not self._thread.ident:
            return
        _tell(self._loop, self._stopped.set)
        if not self._ended.wait(STOP_WITHIN.total_seconds()):
            logger.error("handlers do not end; they are left behind, and their events not settled")
        sys.setswitchinterval(self._switched_after)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._loop = new_event_loop()
            try:
                self._loop.run_until_complete(self._work())
                self._ended.set()
            except BaseException as error:  # by a task of a handler's own, beyond any of our calls
                logger.error("the loop of the handlers was ended by %s", type(error).__name__)
                self._ending.wait(TAKE_EVERY.total_seconds())
            _close(self._loop)

    async def _work(self) -> None:
        self._stopped = asyncio.Event()
        self._started.set()
        if self._ending.is_set():  # by somebody who knew the loop before only
            return
        feed = Feed(self._desk, Courtesy(self._desk.writer), self._handlers)
        floor = Floor()
        work = [self._work_for(handler, feed, floor) for handler in self._handlers]
        if self._desk.database.file is None:  # on SQLite there is nobody to share with
            work.append(self._share())
        await asyncio.gather(*work)
        for close in self._closing:
            await close()

    async def _work_for(self, handler: Handler, feed: Feed, floor: Floor) -> None:
        while not self._stopped.is_set():
            try:
                position = await self._take(handler)
                if position is not None:
                    shift = Shift(self._desk, feed, floor, handler, position)
                    await self._run_shift(shift, handler)
            except Stopping:
                return
            except (NotStored, DatabaseFailed) as error:
                logger.warning("handler %s begins again: %s", handler.name, error)
            except Exception:  # a fault of ours may cost a handler a pause, not its life
                logger.exception("handler %s begins again", handler.name)
            await self._pause()

    async def _take(self, handler: Handler) -> Position | None:
        start = 0 if handler.start == "beginning" else self._begins_at

        def take(change: Change) -> Position | None:
            sharing.get_ready(change.transaction, handler.name)
            return positions.take(change, handler.name, start=start)

        return await self._desk.writer.change(take)

    async def _run_shift(self, shift: Shift, handler: Handler) -> None:
        leaving = self._leaving[handler.name] = asyncio.Event()
        try:
            await shift.run(self._stopped, leaving)
        finally:
            del self._leaving[handler.name]
        if leaving.is_set():
            await self._pause(LEFT_FOR)

    async def _share(self) -> None:
        """Leave handlers to processes that have fewer, one after the other."""
        while not self._stopped.is_set():
            await self._pause()
            if any(leaving.is_set() for leaving in self._leaving.values()):
                continue
            with suppress(NotStored):  # the shifts will tell
                if len(self._leaving) > 1 and await self._desk.writer.change(self._is_uneven):
                    [*_, latest] = self._leaving.values()
                    latest.set()

    def _is_uneven(self, change: Change) -> bool:
        return sharing.is_uneven(change.transaction, [one.name for one in self._handlers])

    async def _pause(self, time: timedelta = TAKE_EVERY) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(time.total_seconds()):
                await self._stopped.wait()

    def _watch_loop(self) -> None:
        """Say where the loop stands still: a handler that blocks holds up all others."""
        while not self._ending.wait(BLOCKED_AFTER.total_seconds()):
            turned = threading.Event()
            if _tell(self._loop, turned.set) and not turned.wait(BLOCKED_AFTER.total_seconds()):
                place = _place(sys._current_frames().get(self._thread.ident or 0))
                logger.warning("a handler blocks all others; let it be a plain def?\n%s", place)


def _place(frame: FrameType | None) -> str:
    """Show where a thread is, from the handler that was called."""
    frames = traceback.extract_stack(frame)
    calls = [number for number, one in enumerate(frames) if one.filename == calling.__file__]
    return "".join(traceback.format_list(frames[calls[-1] + 1 if calls else -2 :]))


def _tell(loop: asyncio.AbstractEventLoop, word: Callable[[], None]) -> bool:
    """Let a loop call something; False where it has ended."""
    try:
        loop.call_soon_threadsafe(word)
    except RuntimeError:
        return False
    return True


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what handlers have left in a loop; what doesn't let itself be ended is left there."""
    seconds = CLOSE_WITHIN.total_seconds()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        with suppress(BaseException):
            loop.run_until_complete(asyncio.wait(tasks, timeout=seconds))
    with suppress(BaseException):  # what handlers keep open as long as their loop
        loop.run_until_complete(asyncio.wait_for(loop.shutdown_asyncgens(), seconds))
    if not asyncio.all_tasks(loop):
        loop.close()
