"""The watch: readers are woken by what is committed here and elsewhere, and never too early."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from receiver.errors import NotStored
from receiver.store import database as databases
from receiver.store import journal, watching
from receiver.store.database import Database
from receiver.store.watching import Watch
from tests import bodies
from tests.store import recorded

SHORT = timedelta(milliseconds=1)
LONG = timedelta(seconds=30)


@pytest.fixture
def watch(database: Database) -> Iterator[Watch]:
    """Return a watch on a journal of one event."""
    recorded.batch(database, bodies.message())
    watch = Watch(database)
    watch.start()
    yield watch
    watch.stop()


def test_it_begins_at_the_end_of_the_journal(watch: Watch) -> None:
    assert watch.newest == 1
    assert asyncio.run(watch.beyond(0))
    assert not asyncio.run(watch.beyond(1, within=SHORT))


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/receiver.db", "postgresql://nobody@127.0.0.1:1/receiver"]
)
def test_a_database_that_is_away_is_told_in_a_sentence(url: str) -> None:
    with pytest.raises(NotStored, match=r"the database .* can't be (used|reached)"):
        Watch(databases.connect(url)).start()


def test_whoever_waits_in_any_loop_is_woken_by_an_announcement(watch: Watch) -> None:
    ready, woken = threading.Barrier(3), []

    def wait() -> None:
        async def beyond() -> None:
            asyncio.get_running_loop().call_soon(ready.wait)
            woken.append(await watch.beyond(1, within=LONG))

        asyncio.run(beyond())

    threads = [threading.Thread(target=wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    watch.announce(2)
    for thread in threads:
        thread.join(30)
    assert woken == [True, True]


def test_an_older_announcement_takes_nothing_back(watch: Watch) -> None:
    watch.announce(7)
    watch.announce(3)
    assert watch.newest == 7


def test_whoever_waits_for_more_is_not_woken_by_less(watch: Watch) -> None:
    async def scenario() -> None:
        waiting = asyncio.create_task(watch.beyond(5, within=LONG))
        for seq in (2, 5):
            await asyncio.sleep(0)
            watch.announce(seq)
            assert not (await asyncio.wait([waiting], timeout=SHORT.total_seconds()))[0]
        watch.announce(6)
        assert await waiting
        assert not await watch.beyond(7, within=SHORT)

    asyncio.run(scenario())


def test_whoever_stopped_waiting_is_forgotten(watch: Watch) -> None:
    async def scenario() -> None:
        waiting = asyncio.create_task(watch.beyond(1))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        watch.announce(2)
        assert await watch.beyond(1)

    asyncio.run(scenario())
    assert not watch._waiting


def test_a_loop_that_has_ended_does_not_disturb_the_others(watch: Watch) -> None:
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(watch.beyond(1))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    async def scenario() -> None:
        here = asyncio.create_task(watch.beyond(1, within=LONG))
        await asyncio.sleep(0)
        watch.announce(2)
        assert await here

    asyncio.run(scenario())
    # Ended with its loop, it must not be reported as forgotten.
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


def test_what_another_process_commits_is_heard_at_once(
    on_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", LONG)
    _with_watch(on_postgresql, _other_commits)


def test_what_is_heard_counts_whatever_was_looked_up_meanwhile(
    on_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", LONG)

    async def scenario(watch: Watch) -> None:
        for payload in ("nonsense", "7"):
            recorded.change(on_postgresql, f"NOTIFY {journal.CHANNEL}, '{payload}'")
        assert await watch.beyond(6, within=LONG)

    _with_watch(on_postgresql, scenario)


def test_what_was_not_heard_is_looked_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", timedelta(milliseconds=20))

    async def scenario(watch: Watch) -> None:
        recorded.change(database, "UPDATE heads SET seq = 1")
        assert await watch.beyond(0, within=LONG)

    _with_watch(database, scenario)


def test_a_cut_connection_is_opened_again(
    on_postgresql: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", timedelta(milliseconds=20))

    async def scenario(watch: Watch) -> None:
        with on_postgresql.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await _other_commits(watch, on_postgresql)

    _with_watch(on_postgresql, scenario)
    assert {record.name for record in caplog.records} <= {watching.__name__, "sqlalchemy.pool"}


async def _other_commits(watch: Watch, database: Database | None = None) -> None:
    heard = asyncio.create_task(watch.beyond(0, within=LONG))
    await asyncio.to_thread(recorded.batch, database or watch._database, bodies.message())
    assert await heard


def _with_watch(database: Database, scenario: Callable[[Watch], Awaitable[None]]) -> None:
    watch = Watch(database)
    watch.start()
    try:
        asyncio.run(scenario(watch))  # type: ignore[arg-type]
    finally:
        watch.stop()
