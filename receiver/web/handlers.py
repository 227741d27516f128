"""The operations on handlers: where each stands, what it owes, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from receiver.store import operating
from receiver.store.database import Database
from receiver.store.operating import Known
from receiver.store.views import handlers, retries
from receiver.store.views.handlers import HandlerView
from receiver.store.views.retries import RetryView
from receiver.store.views.shapes import Page
from receiver.store.writer import Writer
from receiver.web import bodies, parameters
from receiver.web.bodies import Body, Whole
from receiver.web.operations import Operation, changing, json, reading
from receiver.web.parameters import Number, Numbered, Parameters

Found = TypeVar("Found")


class OneHandler(Parameters):
    """The name of a handler."""

    name: str


class ItsRetries(Numbered):
    """Which of the events that a handler owes are wanted."""

    name: str
    state: Literal["waiting", "running", "parked", "dead"] | None = None


class OneRetry(OneHandler):
    """An event that a handler owes."""

    seq: Number


class WantedReplay(Body):
    """Which events a handler is to get again."""

    from_: Whole = Field(alias="from")
    """The `seq` of the first."""
    to: Whole | None = None
    """The `seq` of the last; without it, all up to the handler's position."""
    dry_run: bool = False
    """Only count them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayView:
    """What is replayed, or would be."""

    first: int
    last: int
    """At most the handler's position: what is behind that comes anyway."""
    events: int
    """How many it owes because of it; those that it owed before are not counted."""
    dry_run: bool


def operations(
    database: Database, writer: Writer, loaded: Mapping[str, Known] | None
) -> list[Operation]:
    """Return what can be done with handlers; `loaded` are those whose code is loaded here."""
    those = _Handlers(database, writer, loaded)
    return [
        reading("/handlers", "Handlers, by name", those.every),
        reading(
            "/handlers/{name}/retries",
            "The events that a handler still owes, in their order",
            those.owed,
        ),
        changing(
            "/handlers/{name}/retries/{seq}/retry",
            "Try an event again, at once",
            those.retry,
            problems=(409,),
        ),
        changing(
            "/handlers/{name}/retries/{seq}",
            "Give an event up, so that its conversation goes on",
            those.drop,
            method="DELETE",
        ),
        Operation(
            path="/handlers/{name}/replay",
            summary="Let a handler get events again",
            method="POST",
            takes=OneHandler,
            sends=WantedReplay,
            answers=ReplayView,
            problems=(413,),
            endpoint=those.replay,
        ),
        changing("/handlers/{name}/pause", "Let a handler rest", those.pause),
        changing("/handlers/{name}/resume", "Let a handler go on", those.resume),
    ]


class _Handlers:
    """What the operations do."""

    def __init__(
        self, database: Database, writer: Writer, loaded: Mapping[str, Known] | None
    ) -> None:
        self._database = database
        self._writer = writer
        self._loaded = loaded

    def every(self, _given: Parameters) -> Page[HandlerView]:
        return handlers.every(self._database.engine, self._loaded)

    def owed(self, given: ItsRetries) -> Page[RetryView] | None:
        engine = self._database.engine
        if handlers.one(engine, given.name) is None:
            return None
        return retries.owed(engine, given.name, given.state, limit=given.limit, after=given.cursor)

    async def retry(self, given: OneRetry) -> RetryView | None:
        before = await self._ask(retries.find, given.name, given.seq)
        known = self._known(given.name)
        await self._change(operating.retry, given.name, seq=given.seq, known=known)
        # It may be done already.
        return await self._ask(retries.find, given.name, given.seq) or before

    async def drop(self, given: OneRetry) -> RetryView | None:
        found = await self._ask(retries.find, given.name, given.seq)
        await self._change(operating.drop, given.name, seq=given.seq)
        return found

    async def pause(self, given: OneHandler) -> HandlerView | None:
        return await self._rest(given.name, paused=True)

    async def resume(self, given: OneHandler) -> HandlerView | None:
        return await self._rest(given.name, paused=False)

    async def replay(self, request: Request) -> Response:
        name = parameters.read(request, OneHandler).name
        wanted = await bodies.read(request, WantedReplay)
        replayed = await run_in_threadpool(
            operating.replay_all, self._database, name, wanted.from_, wanted.to,
            self._known(name), dry_run=wanted.dry_run,
        )  # fmt: skip
        return json(ReplayView(**replayed._asdict(), dry_run=wanted.dry_run))

    async def _rest(self, name: str, *, paused: bool) -> HandlerView | None:
        await self._change(operating.rest, name, paused=paused)
        return await self._ask(handlers.one, name, self._loaded)

    def _known(self, name: str) -> Known:
        return (self._loaded or {}).get(name, Known())

    async def _ask(self, question: Callable[..., Found], *about: Any) -> Found:
        return await run_in_threadpool(question, self._database.engine, *about)

    async def _change(self, job: Callable[..., Any], name: str, **how: Any) -> None:
        # By the writer: another connection would wait for it, as long as it is busy.
        await self._writer.change(partial(job, handler=name, **how))
