"""The face of a simulated Maytapi: HTTP in, and the clock that drives what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from receiver.simulator import answering
from receiver.simulator.calls import Answer, Call
from receiver.simulator.options import Options
from receiver.simulator.posting import Postman
from receiver.simulator.simulation import Simulation

Found = TypeVar("Found")

FIRST_TICK_WITHIN = timedelta(seconds=5)
"""How long sendMessage waits for its own first tick to be posted, when that comes early."""

_DROP = "simulator.drop"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class DroppableProtocol(HttpToolsProtocol):
    """uvicorn's protocol; an application can end the connection without a word."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[_DROP] = self.transport.abort  # type: ignore[literal-required]


class Face:
    """A simulation that runs, on the loop that `app` is served on."""

    def __init__(self, options: Options, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._options = options
        self.simulation = Simulation(options, clock())
        self._postman = Postman(
            self.simulation.ledger,
            redelivery=options.redelivery,
            anywhere=options.anywhere,
            clock=clock,
        )
        self._changed = asyncio.Event()
        self.app = Starlette(
            routes=[Route("/{path:path}", _Endpoint(self))], lifespan=self._lifespan
        )

    def do(self, action: Callable[[Simulation], Found]) -> Found:
        """Let something happen now."""
        self._advance()
        done = action(self.simulation)
        self._changed.set()
        return done

    async def settle(self) -> None:
        """Wait until everything that follows from what happened was told, and answered."""
        while not (self.simulation.is_settled and self._postman.is_idle):
            await self._postman.idle()
            await asyncio.sleep(0.01)

    async def respond(self, call: Call) -> Answer:
        """Answer a call at the pace of the faults."""
        if delay := self._options.faults.slow_calls:
            await asyncio.sleep(delay.total_seconds())
        answer = self.do(lambda simulation: answering.respond(simulation, call))
        if answer.early:
            self._advance()
            await self._postman.hurry(within=FIRST_TICK_WITHIN)
        return answer

    def _advance(self) -> None:
        for notification in self.simulation.advance(self._clock()):
            self._postman.take(notification)

    async def _go_on(self) -> None:
        while True:
            self._changed.clear()
            self._advance()
            due = self.simulation.next_due()
            wait = (due - self._clock()).total_seconds() if due else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with self._postman:
            course = asyncio.create_task(self._go_on())
            try:
                yield
            finally:
                course.cancel()
                await asyncio.gather(course, return_exceptions=True)


class _Endpoint:
    """Every path in one: the simulation knows which there are, and answers to all others, too."""

    def __init__(self, face: Face) -> None:
        self._face = face

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._face.respond(await _read(request))
        if answer.dropped:
            scope[_DROP]()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        response = Response(answer.body, answer.status, media_type=answer.media_type)
        await response(scope, receive, send)


async def _read(request: Request) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        query=request.query_params,
        fields=_fields(await request.body(), request.headers.get("content-type", "")),
        token=request.headers.get("x-maytapi-key"),
        rapidapi_key=request.headers.get("x-rapidapi-key"),
    )


def _fields(body: bytes, content_type: str) -> Mapping[str, Any]:
    if content_type.startswith("application/x-www-form-urlencoded"):
        # Then all is text, and `options[]` is not understood as `options`.
        given = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return {
            name: values if name.endswith("[]") else values[0] for name, values in given.items()
        }
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}
