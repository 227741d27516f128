"""The search index follows the journal by itself, in one process at a time, and can wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from receiver.maytapi.person import Person
from receiver.store import erasing, indexing
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.indexing import Indexer
from receiver.store.striking import Strike
from receiver.store.views import conversations, messages
from receiver.store.watching import Watch
from receiver.store.writer import Writer
from tests.bodies import GROUP, ack, acks, message, status
from tests.store import leaving, recorded
from tests.store.leaving import NUMBER
from tests.waiting import until


class Process:
    """What indexes in one process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.watch = Watch(database)
        self.writer = Writer(database, committed=self.watch.announce)
        self.indexer = Indexer(database, self.writer, self.watch)

    async def __aenter__(self) -> Process:
        await self.writer.start()
        await asyncio.to_thread(self.watch.start)
        self.indexer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.indexer.stop()
        await self.writer.stop()
        await asyncio.to_thread(self.watch.stop)

    async def caught_up(self) -> None:
        await asyncio.to_thread(until, lambda: not self.database.ask(indexing.lag))

    async def found(self, question: str) -> int:
        page = await asyncio.to_thread(messages.matching, self.database.engine, question, limit=200)
        return len(page.data)


def tell(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]


def test_what_is_stored_is_found_a_moment_later(database: Database) -> None:
    async def story() -> None:
        async with Process(database) as process:
            for number in range(20):
                await process.writer.record(message(f"3EB0{number}", text=f"word{number} all"))
            await process.caught_up()
            assert await process.found("word7") == 1
            assert await process.found("all") == 20

    tell(story)


def test_what_was_stored_before_is_found_as_well(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 3)
    recorded.batch(
        database,
        *(message(f"3EB0{n}", text="old") for n in range(10)),
        acks(ack("seen", msg_id="a")),
        status("active"),
    )

    async def story() -> None:
        async with Process(database) as process:
            await process.caught_up()
            assert await process.found("old") == 10

    tell(story)


def test_it_goes_on_where_it_was(database: Database) -> None:
    async def story() -> None:
        for text in ("first", "second"):
            async with Process(database) as process:
                await process.writer.record(message(f"3EB0{text}", text=text))
                await process.caught_up()
        assert [await process.found(text) for text in ("first", "second")] == [1, 1]

    tell(story)


def test_its_lag_is_what_is_not_yet_found(database: Database) -> None:
    assert database.ask(indexing.lag) == 0
    recorded.batch(database, message("3EB0A"), message("3EB0B"))
    assert database.ask(indexing.lag) == 2
    recorded.index(database)
    assert database.ask(indexing.lag) == 0


def test_one_process_indexes_and_another_takes_over(
    on_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = on_postgresql
    monkeypatch.setattr(indexing, "TRY_AGAIN", timedelta(seconds=0.05))

    async def story() -> None:
        async with Process(database) as second:
            await second.caught_up()
            async with Process(database) as first:
                await first.writer.record(message("3EB0A"))
                await second.caught_up()
                rows = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'"
                [held] = await asyncio.to_thread(recorded.rows, database, rows)
                assert held["n"] == 1
                await second.indexer.stop()
                await first.writer.record(message("3EB0B"))
                await first.caught_up()
                assert await first.found("hello") == 2

    tell(story)


@pytest.mark.parametrize("named", [f"friends of {NUMBER}", None], ids=["a chat", "a text"])
def test_what_was_erased_since_it_was_read_is_not_found(
    database: Database, named: str | None
) -> None:
    text = "hello" if named else f"call {NUMBER}"
    recorded.batch(database, message(text=text, chat=GROUP, name=named))
    read = database.ask(indexing.gather, 0)
    erasing.erase(database, Person(NUMBER), rest=lambda seconds: None)
    with open_writer(database) as connection, connection.begin():
        indexing.write(Change(connection, at=recorded.NOW, appends=True).transaction, read)
    assert leaving.holding(database, NUMBER) == []


def test_who_indexes_waits_for_who_erases(on_postgresql: Database) -> None:
    database = on_postgresql
    recorded.batch(database, message(text=f"call {NUMBER}", chat=GROUP))
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async def story() -> None:
        with open_writer(database) as eraser:
            begun = eraser.begin()
            transaction = Change(eraser, at=recorded.NOW, appends=True).transaction
            async with Process(database) as process:
                await asyncio.to_thread(until, lambda: recorded.rows(database, waiting))
                Strike(Person(NUMBER), ()).texts(transaction, [1])
                begun.commit()
                await process.caught_up()

    tell(story)
    assert leaving.holding(database, NUMBER) == ["notifications"]


def test_what_others_have_written_meanwhile_is_written_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(indexing, "TRY_AGAIN", timedelta(seconds=0.05))

    async def story() -> None:
        async with Process(database) as process:
            await process.writer.record(message("3EB0A", name="Ada"))
            await process.caught_up()
            recorded.change(database, "ALTER TABLE positions RENAME TO gone")
            await process.writer.record(message("3EB0B", name="Ada"))
            await asyncio.to_thread(until, lambda: "has to wait" in caplog.text)
            recorded.change(
                database,
                "DELETE FROM conversation_words",
                "ALTER TABLE gone RENAME TO positions",
            )
            await process.caught_up()
        found = conversations.recent(database.engine, question="ada", limit=9)
        assert len(found.data) == 1

    tell(story)


@pytest.mark.parametrize("table", ["positions", "messages"], ids=["writing", "reading"])
def test_a_database_that_fails_does_not_end_it(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    table: str,
) -> None:
    monkeypatch.setattr(indexing, "TRY_AGAIN", timedelta(seconds=0.05))
    recorded.batch(database, message())

    async def story() -> None:
        recorded.change(database, f"ALTER TABLE {table} RENAME TO gone")
        async with Process(database) as process:
            await asyncio.to_thread(until, lambda: "has to wait" in caplog.text)
            recorded.change(database, f"ALTER TABLE gone RENAME TO {table}")
            await process.caught_up()
            assert await process.found("hello") == 1

    tell(story)
