"""Call a handler once, whatever it does, and say what came of it.

A handler may raise anything, leave with `sys.exit`, hang, cancel itself or swallow its
cancellation: the answer is an `Outcome` all the same. Only what ends the whole process is beyond
this (`receiver.dispatch.shift` finds it after the restart).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto
from typing import Any, NamedTuple

from receiver.dispatch.context import Context
from receiver.dispatch.routing import Handler
from receiver.errors import Discard, Retry
from receiver.events import Event

logger = logging.getLogger(__name__)

MAX_ERROR_CHARACTERS = 1000
GRACE = timedelta(seconds=5)
"""For a handler to end after it was cancelled."""
MAX_THREADS = 100
"""Of a handler that is a plain function: those that hang can't be ended, and may not pile up."""
LOOK_EVERY = timedelta(milliseconds=200)


class Verdict(Enum):
    """What is to become of an event after a call."""

    DONE = auto()
    AGAIN = auto()
    DEAD = auto()
    GIVEN_BACK = auto()
    """The process stops: the try does not count."""


class Outcome(NamedTuple):
    """What came of a call."""

    verdict: Verdict
    error: str = ""
    delay: timedelta | None = None
    """When to try again, where the handler has said so."""


DONE = Outcome(Verdict.DONE)
GIVEN_BACK = Outcome(Verdict.GIVEN_BACK)
_CANCELLED = Outcome(Verdict.AGAIN, "cancelled itself")


async def may_begin(handler: Handler, *, unless: asyncio.Event) -> None:
    """Wait as long as too many threads of a handler hang, or until `unless` is set."""
    if handler.is_async or _threads(handler.name) < MAX_THREADS:
        return
    logger.error(
        "handler %s gets nothing more: %d of its threads hang; give what it waits for a time "
        "limit, and start the receiver again", handler.name, MAX_THREADS,
    )  # fmt: skip
    while _threads(handler.name) >= MAX_THREADS and not unless.is_set():  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY.total_seconds())  # a thread's end tells nobody


class Call:
    """A call of a handler; `give_back` ends one that is under way."""

    def __init__(self, handler: Handler, event: Event, context: Context) -> None:
        self._handler = handler
        self.event = event
        self._context = context
        self._task: asyncio.Task[Outcome] | None = None
        self._given_back = False

    async def outcome(self) -> Outcome:
        """Call the handler, and wait for all that it has sent; at the latest until its timeout."""
        task = self._task = asyncio.create_task(self._run())
        seconds = self._handler.timeout.total_seconds()
        await asyncio.sleep(0)
        if not task.done():  # most are by now, and need no timer
            await asyncio.wait((task,), timeout=seconds)
        if task.done():
            outcome = _CANCELLED if task.cancelled() else task.result()
        else:
            outcome = Outcome(Verdict.AGAIN, f"took longer than {seconds:g} s")
            await self._cut_off(task)
        return GIVEN_BACK if self._given_back and outcome is not DONE else outcome

    def give_back(self) -> None:
        """End the call because the process stops."""
        self._given_back = True
        if self._task:
            self._task.cancel()

    async def _cut_off(self, task: asyncio.Task[Outcome]) -> None:
        task.cancel()
        await asyncio.wait((task,), timeout=GRACE.total_seconds())
        if not task.done() or not self._handler.is_async:
            logger.error(
                "handler %s does not end with event %d; going on without it",
                self._handler.name, self.event.id,
            )  # fmt: skip

    async def _run(self) -> Outcome:
        try:
            if self._handler.wants(self.event):
                await self._call()
                await self._context.sent()
        except BaseException as error:  # whatever it is, it is the handler's, and ends here
            return self._judged(error)
        return DONE

    async def _call(self) -> None:
        arguments = (self.event, self._context)[: 1 + self._handler.takes_context]
        if self._handler.is_async:
            result = self._handler.function(*arguments)
        else:
            name = self._handler.name
            result = await _in_thread(name, lambda: self._handler.function(*arguments))
        if inspect.isawaitable(result):  # so does a plain function around an async one
            await result

    def _judged(self, error: BaseException) -> Outcome:
        match error:
            case asyncio.CancelledError():
                return _CANCELLED
            case Discard():
                return Outcome(Verdict.DEAD, _readable(f"discarded: {_said(error)}"))
            case Retry(delay=timedelta() | None as delay):
                return Outcome(Verdict.AGAIN, _readable(_said(error)), delay)
            case _:
                self._log(error)
                shown = f"{type(error).__name__}: {_said(error)}".rstrip(": ")
                return Outcome(Verdict.AGAIN, _readable(shown))

    def _log(self, error: BaseException) -> None:
        # The place and the kind; what it says may quote a message.
        frames = traceback.extract_tb(error.__traceback__)
        place = "".join(traceback.format_list([f for f in frames if f.filename != __file__]))
        logger.warning(
            "handler %s failed at event %d, attempt %d: %s\n%s",
            self._handler.name, self.event.id, self._context.attempt, type(error).__name__, place,
        )  # fmt: skip


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # even that is the handler's own code
        return "says nothing of itself"


def _readable(text: str) -> str:
    """Return a text that either database can keep: without NUL and lone surrogates."""
    sound = text[:MAX_ERROR_CHARACTERS].encode(errors="replace").decode()
    return sound.replace("\0", "?")


async def _in_thread(handler: str, function: Callable[[], Any]) -> Any:
    """Run a function in a thread of its own: one that never returns blocks no other."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not ended.done():
            ended.set_exception(error) if error else ended.set_result(result)

    def run() -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = function()
        except StopIteration as stop:  # a future can't hold it
            error = RuntimeError(f"StopIteration: {_said(stop)}")
        except BaseException as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the loop has ended without waiting for it
            logger.debug("a handler returned after the end")

    threading.Thread(target=run, name=_thread_name(handler), daemon=True).start()
    return await ended


def _threads(handler: str) -> int:
    """Return how many threads of a handler have not ended, whoever has begun them."""
    name = _thread_name(handler)
    return sum(thread.name == name for thread in threading.enumerate())


def _thread_name(handler: str) -> str:
    return f"handler {handler}"
