"""A bench to try handlers on: what happens goes in, and what they do about it is seen.

What is received is parsed and stored as in earnest, and handlers are called as in earnest: events
in their order, a conversation's later events behind one that failed, what is sent twice sent once.
Only time is missing: handlers are called one after the other until all is handled, and what failed
is tried again when `retry` says so.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from receiver.dispatch import rehearsing
from receiver.dispatch.calling import Verdict
from receiver.dispatch.rehearsing import Rehearsal
from receiver.dispatch.routing import Handler, Router
from receiver.events import Event
from receiver.inbox import Inbox
from receiver.maytapi.outgoing import Outgoing
from receiver.store import database as databases
from receiver.store import migrating, reading

Received = Mapping[str, Any] | Sequence[Any] | bytes | str | Event

_AT_ONCE = 500


class Failure(NamedTuple):
    """A call of a handler that did not succeed."""

    handler: str
    event: Event
    attempt: int
    error: str
    dead: bool
    """Whether it was given up: by `Discard`, or after its last try."""
    delay: timedelta | None
    """When the handler wants to be tried again, if it has said so."""


class _Owed(NamedTuple):
    handler: Handler
    event: Event
    attempt: int


class TestBench:
    """Runs a router's handlers in the test's own loop, on a database of its own or on a given one.

    async with TestBench(router) as bench:
        await bench.receive(message("What is the price?"))
        assert [sent.text for sent in bench.sent] == ["Our price list: …"]
    """

    __test__ = False  # pytest would take it for a collection of tests

    def __init__(
        self,
        router: Router,
        *,
        database_url: str | None = None,
        default_phone: str | None = None,
    ) -> None:
        self._handlers = [*router.handlers()]
        self._database_url = database_url
        self._default_phone = default_phone
        self._owed: list[_Owed] = []
        self._states: dict[tuple[str, int], dict[str, Any]] = {}
        self._position = 0
        self._resources = AsyncExitStack()
        self.failures: list[Failure] = []
        """Every call that did not succeed."""
        self.events: list[Event] = []
        """Every event that there was, those included that follow from what handlers sent."""

    async def __aenter__(self) -> TestBench:
        """Make the database ready."""
        url = self._database_url
        if url is None:
            folder = self._resources.enter_context(TemporaryDirectory(prefix="receiver-bench-"))
            file = Path(folder) / "receiver.db"
            file.write_bytes(_empty_database())
            url = f"sqlite:///{file}"
        database = databases.connect(url)
        if self._database_url is not None:
            migrating.migrate(database)
        inbox = await self._resources.enter_async_context(Inbox(database, ()))
        self._position = inbox.watch.newest
        self._inbox = inbox
        self._rehearsal = Rehearsal(
            database=database,
            writer=inbox.writer,
            watch=inbox.watch,
            default_phone=self._default_phone,
            records=True,
        )
        return self

    async def __aexit__(self, *error: Any) -> None:
        """Let go of the database; what is known of the handlers stays."""
        await self._resources.__aexit__(*error)

    @property
    def sent(self) -> list[Outgoing]:
        """What the handlers have sent: each has `chat_id`, `type`, `text`, and the `request`."""
        return list(self._rehearsal.noted.values())

    @property
    def owed(self) -> list[tuple[str, Event]]:
        """What handlers still owe: events that failed, and those parked behind them."""
        return [(one.handler.name, one.event) for one in self._owed]

    def state(self, handler: str, event: Event) -> dict[str, Any]:
        """Return what a handler keeps of the conversation of an event."""
        return self._states.get((handler, event.conversation_id or 0), {})

    async def receive(self, *what: Received) -> list[Event]:
        """Let notifications come in, one after the other, and all that follows be handled.

        Returns the events that they are. An `Event` is handled as it is, without being stored.
        """
        received: list[Event] = []
        for one in what:
            if isinstance(one, Event):
                events = [one]
                self.events.append(one)
            else:
                body = one if isinstance(one, bytes) else _text(one).encode()
                await self._inbox.writer.record(body)
                events = await self._read()
            received += events
            await self._handle(events)
            while follows := await self._read():
                await self._handle(follows)
        return received

    async def retry(self) -> None:
        """Try again what handlers owe, in order, as if the time for it had come."""
        owed, self._owed = self._owed, []
        for one in owed:
            await self._run_or_park(one)
        while follows := await self._read():
            await self._handle(follows)

    async def _read(self) -> list[Event]:
        events = await self._rehearsal.read(reading.after, self._position, limit=_AT_ONCE)
        if events:
            self._position = events[-1].id
        self.events += events
        return events

    async def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            for handler in self._handlers:
                if handler.may_want(event):
                    await self._run_or_park(_Owed(handler, event, 1))

    async def _run_or_park(self, one: _Owed) -> None:
        if self._waits(one):
            self._owed.append(one)
            return
        handler, event, attempt = one
        performance = await rehearsing.perform(self._rehearsal, handler, event, attempt=attempt)
        outcome = performance.outcome
        if outcome.verdict is Verdict.DONE:
            self._states[handler.name, event.conversation_id or 0] = performance.state
            return
        dead = outcome.verdict is Verdict.DEAD or attempt >= handler.retry.attempts
        self.failures.append(
            Failure(handler.name, event, attempt, outcome.error, dead, outcome.delay)
        )
        if not dead:
            self._owed.append(_Owed(handler, event, attempt + 1))

    def _waits(self, one: _Owed) -> bool:
        """Tell whether an event must wait for an earlier one of its conversation."""
        conversation_id = one.event.conversation_id
        if not one.handler.is_ordered or conversation_id is None:
            return False
        return any(
            owed.handler is one.handler and owed.event.conversation_id == conversation_id
            for owed in self._owed
        )


def play(router: Router, *received: Received, **options: Any) -> TestBench:
    """Let a router get what is received, in a loop of its own; return the bench, to be looked at.

    For tests without `async`: `play(router, message("hi")).sent`. The options are those of
    `TestBench`.
    """

    async def perform() -> TestBench:
        async with TestBench(router, **options) as bench:
            await bench.receive(*received)
        return bench

    return asyncio.run(perform())


def _text(payload: Mapping[str, Any] | Sequence[Any] | str) -> str:
    return payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)


@cache
def _empty_database() -> bytes:
    """Return a SQLite file with the schema: made once, and copied for each bench."""
    with TemporaryDirectory(prefix="receiver-bench-") as folder:
        file = Path(folder) / "receiver.db"
        database = databases.connect(f"sqlite:///{file}")
        migrating.migrate(database)
        database.engine.dispose()
        return file.read_bytes()
