"""The stream: every event once and in order, however often it is cut, and an end at the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import event
from starlette.applications import Starlette

from receiver.store import journal
from receiver.store.database import Database
from receiver.store.watching import Watch
from receiver.web import operations, stream
from receiver.web.problems import HANDLERS
from receiver.web.stream import Streams
from tests.bodies import PHONE, message, status
from tests.databases import only_sqlite
from tests.store import recorded

SOON = 10


class Journal:
    """A journal that grows, with streams on it and nothing else around."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.watch = Watch(database)
        self.streams = Streams(database, self.watch, heartbeat=timedelta(seconds=0.05))
        routes = operations.routes([self.streams.operation])
        self.app = Starlette(routes=routes, exception_handlers=HANDLERS)
        self.watch.newest = database.ask(journal.last_seq)

    async def grow(self, *bodies: bytes) -> None:
        """Record what comes, and announce it as the writer does."""
        await asyncio.to_thread(recorded.batch, self.database, *bodies)
        self.watch.announce(await asyncio.to_thread(self.database.ask, journal.last_seq))

    @asynccontextmanager
    async def opened(self, query: str = "", **headers: str) -> AsyncIterator[Client]:
        """Open a stream, and leave it at the end."""
        client = Client(query, headers)
        async with asyncio.timeout(SOON):
            task = asyncio.create_task(self.app(client.scope, client.receive, client.send))
            try:
                await client.started.wait()
                yield client
            finally:
                client.leave.set()
                await task


class Client:
    """A client of a stream, on the other side of ASGI."""

    def __init__(self, query: str, headers: dict[str, str]) -> None:
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/events/stream",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        self.started, self.leave, self.heard = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.ready = asyncio.Event()
        self.ready.set()
        self.status = 0
        self.body = b""
        self.complete = False

    async def receive(self) -> dict[str, Any]:
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, sent: Any) -> None:
        await self.ready.wait()
        if sent["type"] == "http.response.start":
            self.status = sent["status"]
            self.headers = dict(sent["headers"])
            return
        self.body += sent["body"]
        self.complete = not sent.get("more_body", False)
        self.started.set()
        self.heard.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        """All that was given so far; the id of each is its number."""
        found = []
        for block in self.body.decode().split("\n\n"):
            if block.startswith("id: "):
                id, data = block.split("\n")
                event = json.loads(data.removeprefix("data: "))
                assert id == f"id: {event['seq']}"
                found.append(event)
        return found

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for event in self.events]

    async def until(self, enough: Callable[[], bool]) -> None:
        """Listen until it is so."""
        while not enough():
            self.heard.clear()
            await self.heard.wait()


Story = Callable[[Journal], Awaitable[None]]


def tell(database: Database, story: Story) -> None:
    asyncio.run(story(Journal(database)))


def test_without_a_place_it_gives_what_comes_from_now_on(database: Database) -> None:
    async def story(told: Journal) -> None:
        await told.grow(message("3EB0A"))
        async with told.opened() as client:
            await told.grow(message("3EB0B"), status("active"))
            await client.until(lambda: len(client.seqs) == 2)
            assert client.seqs == [2, 3]
            assert client.events[0]["type"] == "message.received"
            assert client.events[0]["phone_id"] == PHONE
            assert client.headers[b"content-type"] == b"text/event-stream; charset=utf-8"

    tell(database, story)


@pytest.mark.parametrize(
    ("query", "headers"),
    [("after=2", {}), ("", {"last-event-id": "2"}), ("after=0", {"last-event-id": "2"})],
)
def test_it_resumes_behind_what_was_seen(
    database: Database, query: str, headers: dict[str, str]
) -> None:
    async def story(told: Journal) -> None:
        await told.grow(*(message(f"3EB0{n}") for n in range(4)))
        async with told.opened(query, **headers) as client:
            await client.until(lambda: len(client.seqs) == 2)
            await told.grow(message("3EB0X"))
            await client.until(lambda: len(client.seqs) == 3)
            assert client.seqs == [3, 4, 5]

    tell(database, story)


def test_cut_and_resumed_many_times_it_gives_every_event_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEPT", 5)
    monkeypatch.setattr(stream, "AT_ONCE", 3)

    async def story(told: Journal) -> None:
        async def write() -> None:
            for number in range(30):
                await told.grow(message(f"3EB0{number}"), status(f"s{number}"))

        writing = asyncio.create_task(write())
        seen: list[int] = []
        while len(seen) < 60:
            async with told.opened(f"after={seen[-1] if seen else 0}") as client:
                await client.until(lambda client=client: bool(client.seqs))  # type: ignore[misc]
            seen += client.seqs
        await writing
        assert seen == [*range(1, 61)]

    tell(database, story)


def test_many_streams_at_different_places_all_see_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEPT", 4)

    async def story(told: Journal) -> None:
        await told.grow(*(message(f"OLD{n}") for n in range(10)))

        async def listen(after: int) -> None:
            async with told.opened(f"after={after}") as client:
                await client.until(lambda: client.seqs[-1:] == [20])
                assert client.seqs == [*range(after + 1, 21)]

        async with asyncio.TaskGroup() as tasks:
            for after in (0, 3, 9, 10, 10, 5):
                tasks.create_task(listen(after))
            for number in range(10):
                await told.grow(message(f"NEW{number}"))

    tell(database, story)


def test_a_filter_leaves_what_is_wanted(database: Database) -> None:
    async def story(told: Journal) -> None:
        await told.grow(message("3EB0A"), status("active"))
        async with (
            told.opened("after=0&type=phone.status") as statuses,
            told.opened("after=0&conversation_id=2") as second,
        ):
            await told.grow(message("3EB0B", chat="2@c.us"), status("loading"))
            await statuses.until(lambda: len(statuses.seqs) == 2)
            await second.until(lambda: len(second.seqs) == 1)
            assert (statuses.seqs, second.seqs) == ([2, 4], [3])

    tell(database, story)


def test_events_that_were_erased_are_passed_over(database: Database) -> None:
    async def story(told: Journal) -> None:
        await told.grow(*(message(f"3EB0{n}") for n in range(4)))
        await asyncio.to_thread(recorded.change, database, "DELETE FROM events WHERE seq > 1")
        async with told.opened("after=1") as client:
            await client.until(lambda: client.body.endswith(b"\n:\n\n"))
            await told.grow(message("3EB0X"))
            await client.until(lambda: bool(client.seqs))
            assert client.seqs == [5]

    tell(database, story)


@pytest.mark.parametrize(("query", "headers"), [("after=9", {}), ("", {"last-event-id": "9"})])
def test_a_place_that_the_journal_has_not_reached_is_refused(
    database: Database, query: str, headers: dict[str, str]
) -> None:
    """Nothing would be heard, and later something missed: another database was put in place."""

    async def story(told: Journal) -> None:
        await told.grow(message("3EB0A"))
        async with told.opened(query, **headers) as client:
            assert client.status == 409
            assert "the journal ends at 1" in json.loads(client.body)["detail"]

    tell(database, story)


def test_a_place_that_another_process_has_reached_is_none_too_far(database: Database) -> None:
    async def story(told: Journal) -> None:
        await asyncio.to_thread(recorded.batch, database, message("3EB0A"))
        async with told.opened("after=1") as client:
            await told.grow(message("3EB0B"))
            await client.until(lambda: client.seqs == [2])

    tell(database, story)


@only_sqlite
def test_silence_is_broken_by_heartbeats(database: Database) -> None:
    async def story(told: Journal) -> None:
        await told.grow(message("3EB0A"), message("3EB0B"))
        async with told.opened("after=2") as client:
            await client.until(lambda: client.body.count(b"\n:\n\n") >= 3)
            assert client.body.startswith(b": from 2\n\n")
            assert client.seqs == []

    tell(database, story)


@only_sqlite
def test_events_that_are_not_wanted_do_not_put_heartbeats_off(database: Database) -> None:
    async def story(told: Journal) -> None:
        async def go_on() -> None:
            for seq in count(1):
                told.watch.announce(seq)
                await asyncio.sleep(0)

        async with told.opened("after=0&type=phone.status") as client:
            others = asyncio.create_task(go_on())
            try:
                await client.until(lambda: client.body.count(b"\n:\n\n") >= 2)
            finally:
                others.cancel()

    tell(database, story)


@only_sqlite
def test_whoever_does_not_take_it_costs_no_reading(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not sent is not read either: it stays in the journal."""
    monkeypatch.setattr(stream, "AT_ONCE", 2)

    async def story(told: Journal) -> None:
        async with told.opened("after=0") as slow, told.opened("after=0") as quick:
            slow.ready.clear()
            for number in range(10):
                await told.grow(message(f"3EB0{number}"))
            await quick.until(lambda: len(quick.seqs) == 10)
            assert len(slow.seqs) <= 2
            slow.ready.set()
            await slow.until(lambda: len(slow.seqs) == 10)
            assert slow.seqs == quick.seqs

    tell(database, story)


@only_sqlite
def test_streams_end_when_the_process_does(database: Database) -> None:
    async def story(told: Journal) -> None:
        async with told.opened() as one, told.opened("after=0") as other:
            await told.grow(message())
            await one.until(lambda: one.seqs == [1])
            told.streams.end()
            for client in (one, other):
                await client.until(lambda client=client: client.complete)  # type: ignore[misc]
        async with told.opened() as late:
            await late.until(lambda: late.complete)

    tell(database, story)


@only_sqlite
def test_a_stream_ends_when_the_database_is_away(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Its client comes back with `Last-Event-ID`, and misses nothing."""

    def cut(_connection: object) -> None:
        raise database.engine.dialect.loaded_dbapi.OperationalError("cut")

    async def story() -> None:
        events = Journal(database)
        async with events.opened() as client:
            event.listen(database.engine, "begin", cut)
            events.watch.announce(1)
            await client.until(lambda: client.complete)
            event.remove(database.engine, "begin", cut)
        assert client.seqs == []

    asyncio.run(story())
    [logged] = [one for one in caplog.records if one.name.startswith("receiver")]
    assert "a stream ends" in logged.getMessage()
    assert not logged.exc_info


def test_a_client_that_leaves_is_forgotten(database: Database) -> None:
    async def story(told: Journal) -> None:
        before = len(asyncio.all_tasks())
        for _ in range(3):
            async with told.opened():
                pass
        assert len(asyncio.all_tasks()) == before

    tell(database, story)


@only_sqlite
def test_a_thousand_idle_streams_all_hear_the_next_event(database: Database) -> None:
    async def story(told: Journal) -> None:
        async def listen() -> None:
            async with told.opened("after=0") as client:
                waiting.release()
                await client.until(lambda: client.seqs == [1])

        waiting = asyncio.Semaphore(0)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(1000):
                tasks.create_task(listen())
            for _ in range(1000):
                await waiting.acquire()
            await told.grow(message())

    tell(database, story)


@only_sqlite
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("after=x", {}),
        ("after=-1", {}),
        ("limit=5", {}),
        ("after=1&after=2", {}),
        ("", {"last-event-id": "x"}),
        ("after=1", {"last-event-id": ""}),
    ],
)
def test_a_place_that_means_nothing_is_refused(
    database: Database, query: str, headers: dict[str, str]
) -> None:
    async def story(told: Journal) -> None:
        async with told.opened(query, **headers) as client:
            assert client.status == 400

    tell(database, story)
