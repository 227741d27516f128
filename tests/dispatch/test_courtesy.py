"""Courtesy: no rest in calm times, and under pressure one in proportion to the work before it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from receiver.dispatch import courtesy as courtesy_module
from receiver.dispatch.courtesy import MANY_WAITING, SHARE, Courtesy
from receiver.store.database import Database
from receiver.store.writer import Writer
from tests import bodies
from tests.databases import blocked

WORK = 0.01


def test_in_calm_times_nobody_rests(on_sqlite: Database, sqlite_url: str) -> None:
    assert rested(on_sqlite, sqlite_url, waiting=0) < WORK / SHARE / 2


def test_while_many_wait_handlers_rest_for_a_multiple_of_their_work(
    on_sqlite: Database, sqlite_url: str
) -> None:
    assert rested(on_sqlite, sqlite_url, waiting=MANY_WAITING + 1) >= WORK / SHARE


def test_work_in_another_thread_counts_as_well(on_sqlite: Database, sqlite_url: str) -> None:
    def reading(courtesy: Courtesy) -> None:
        with courtesy.elsewhere():
            work()

    def in_thread(courtesy: Courtesy) -> None:
        with ThreadPoolExecutor() as executor:
            executor.submit(reading, courtesy).result()

    taken = rested(on_sqlite, sqlite_url, waiting=MANY_WAITING + 1, working=in_thread)
    assert taken >= WORK / SHARE


def test_the_rest_ends_when_few_wait_again(
    on_sqlite: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courtesy_module, "SHARE", 1e-6)

    async def scenario(writer: Writer) -> None:
        courtesy = Courtesy(writer)
        with blocked(sqlite_url):
            told = notifications(writer, MANY_WAITING + 1)
            await asyncio.sleep(0)
            work()
            resting = asyncio.create_task(courtesy.give_way())
            await asyncio.wait((resting,), timeout=0.1)
            assert not resting.done()
        await asyncio.gather(*told)
        async with asyncio.timeout(courtesy_module.LONGEST.total_seconds() / 2):
            await resting

    asyncio.run(with_writer(on_sqlite, scenario))


def rested(
    database: Database,
    url: str,
    *,
    waiting: int,
    working: Callable[[Courtesy], None] = lambda courtesy: work(),
) -> float:
    """Return for how long handlers that worked for a while rest, in seconds."""
    found: list[float] = []

    async def scenario(writer: Writer) -> None:
        courtesy = Courtesy(writer)
        with blocked(url):
            told = notifications(writer, waiting)
            await asyncio.sleep(0)
            working(courtesy)
            began = time.monotonic()
            await courtesy.give_way()
            found.append(time.monotonic() - began)
        await asyncio.gather(*told)

    asyncio.run(with_writer(database, scenario))
    return found[0]


async def with_writer(database: Database, scenario: Callable[[Writer], Awaitable[None]]) -> None:
    writer = Writer(database)
    await writer.start()
    try:
        await scenario(writer)
    finally:
        await writer.stop()


def notifications(writer: Writer, count: int) -> list[asyncio.Task[object]]:
    return [
        asyncio.ensure_future(writer.record(bodies.message(f"3EB0{number}")))
        for number in range(count)
    ]


def work() -> None:
    ends_at = time.thread_time() + WORK
    while time.thread_time() < ends_at:
        pass
