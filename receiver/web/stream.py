"""The journal as it grows, as server-sent events.

A stream holds nothing of its own but a place in the journal: what is new is read once for all that
are at its end, and whoever is behind reads from the database, as much as has been sent. So a slow
client costs no memory, and one that comes back with `Last-Event-ID` misses and repeats nothing.
(sse-starlette would replace a method of uvicorn's server when it is imported, and keep four tasks
and a queue for each stream.)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from receiver.errors import DatabaseFailed
from receiver.store import journal
from receiver.store.database import Database
from receiver.store.tail import Tail
from receiver.store.views import events
from receiver.store.views.events import EventView, Feed
from receiver.store.views.filters import EVERY_EVENT, EventFilter
from receiver.store.watching import Watch
from receiver.web import parameters
from receiver.web.events import WantedEvents, check_place
from receiver.web.operations import Operation
from receiver.web.parameters import Number

logger = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=15)
"""How long nothing may be heard of a stream that is alive."""

AT_ONCE = 200
"""Events read and sent at a time."""

KEPT = 1_000
"""Events kept in memory for all streams that are near the end of the journal."""

MEDIA_TYPE = "text/event-stream"
_FAREWELL = timedelta(seconds=1)
_HEADERS = {"x-accel-buffering": "no"}
"""Or nginx keeps events back until there are more."""

Emit = Callable[[bytes], Awaitable[None]]


class StreamedEvents(WantedEvents):
    """Which events a stream gives, and from where on."""

    after: Number | None = None
    """From behind this `seq`; without it, and without `Last-Event-ID`, from now on."""


class _LastSeen(parameters.Parameters):
    """What a client that comes back says."""

    last_event_id: Number


class _Sent(NamedTuple):
    event: EventView
    frame: bytes


class Streams:
    """All streams of this process."""

    def __init__(
        self, database: Database, watch: Watch, *, heartbeat: timedelta = HEARTBEAT
    ) -> None:
        self._database = database
        self._watch = watch
        self._heartbeat = heartbeat
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading = asyncio.Lock()
        self._tail: Tail[_Sent] = Tail(seq=lambda sent: sent.event.seq, size=KEPT)

    @property
    def operation(self) -> Operation:
        """The operation that opens one."""
        return Operation(
            path="/events/stream",
            summary="Events as they happen, without an end; `id:` is their number",
            takes=StreamedEvents,
            media_type=MEDIA_TYPE,
            problems=(409,),
            headers={
                "Last-Event-ID": (
                    "The last `id:` that was seen; it outweighs `after`.",
                    {"type": "integer", "minimum": 0, "maximum": parameters.MAX_NUMBER},
                )
            },
            endpoint=self._open,
        )

    def end(self) -> None:
        """End all streams, also those that begin after this; to be called from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._ended.set)
        else:
            self._ended.set()

    async def _open(self, request: Request) -> Response:
        given = parameters.read(request, StreamedEvents)
        after = given.after
        if (header := request.headers.get("last-event-id")) is not None:
            after = parameters.check(_LastSeen, {"last_event_id": header}).last_event_id
        last = await run_in_threadpool(self._database.ask, journal.last_seq)
        if after is None:
            after = last
        check_place(after, last)
        if request.method == "HEAD":
            return Response(media_type=MEDIA_TYPE)
        return _Stream(self, after, given.filter)

    async def run(self, emit: Emit, after: int, wanted: EventFilter) -> None:
        """Give events from behind a place on, and a sign of life when there are none."""
        frames = [b": from %d\n\n" % after]
        while True:
            if frames:
                await emit(b"".join(frames))
                # Events that are not wanted put it off no further.
                due = time.monotonic() + self._heartbeat.total_seconds()
            else:
                left = timedelta(seconds=due - time.monotonic())
                await self._watch.beyond(after, within=left)
            frames, after = await self._following(after, wanted)
            if not frames and time.monotonic() >= due:
                frames = [b":\n\n"]

    async def ended(self) -> None:
        """Return when streams are to end."""
        self._loop = asyncio.get_running_loop()
        await self._ended.wait()

    async def _following(self, after: int, wanted: EventFilter) -> tuple[list[bytes], int]:
        """Return what follows a place, and the place behind it."""
        newest = self._watch.newest
        if after >= newest:
            return [], after
        async with self._reading:
            if after >= self._tail.last:
                news = await self._read(after, EVERY_EVENT)
                self._tail.add(after, map(_sent, news.data))
            if self._tail.reaches(after):
                kept = self._tail.after(after)
                frames = [sent.frame for sent in kept if _is_wanted(sent.event, wanted)]
                return frames, kept[-1].event.seq if kept else newest
        feed = await self._read(after, wanted)
        frames = [sent.frame for sent in map(_sent, feed.data)]
        return frames, feed.next if feed.next > after else newest

    async def _read(self, after: int, wanted: EventFilter) -> Feed:
        engine = self._database.engine
        return await run_in_threadpool(events.following, engine, after, wanted, limit=AT_ONCE)


class _Stream(Response):
    """The answer that goes on until the client leaves, or the process does."""

    def __init__(self, streams: Streams, after: int, wanted: EventFilter) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=_HEADERS)
        del self.headers["content-length"]
        self._streams = streams
        self._after = after
        self._wanted = wanted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until there is nobody to send to, or no more to be sent."""

        async def emit(body: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": more})

        await send(
            {"type": "http.response.start", "status": 200, "headers": self.raw_headers},
        )
        sending = asyncio.create_task(self._streams.run(emit, self._after, self._wanted))
        gone = asyncio.create_task(_gone(receive))
        ended = asyncio.create_task(self._streams.ended())
        tasks = (sending, gone, ended)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not sending.cancelled():
            _look_at(sending)
        if not gone.done() or gone.cancelled():
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL.total_seconds()):
                    await emit(b"", more=False)


def _look_at(sending: asyncio.Task[None]) -> None:
    """Raise what ended it, unless the client can go on later from where it was."""
    try:
        sending.result()
    except DatabaseFailed as error:
        logger.error("a stream ends: %s", error)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_wanted(event: EventView, wanted: EventFilter) -> bool:
    return wanted.admits(event.type, event.conversation_id)


def _sent(event: EventView) -> _Sent:
    return _Sent(event, b"id: %d\ndata: %b\n\n" % (event.seq, orjson.dumps(event)))
