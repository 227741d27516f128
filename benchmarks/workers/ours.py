"""The receiver's own: handlers read the journal, and move their positions in it."""

from __future__ import annotations

import asyncio
import sys
import time

from benchmarks import payloads
from benchmarks.workers import reporting
from receiver import F, MessageReceived, Router
from receiver.inbox import Inbox
from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database

LOOK_SECONDS = 0.005
BATCH = 250


async def fill(database: Database, events: int) -> None:
    """Put messages into the journal, as the webhook does."""
    started_at = int(time.time())
    async with Inbox(database, []) as inbox:
        for first in range(0, events, BATCH):
            numbers = range(first, min(first + BATCH, events))
            bodies = [payloads.message(each, started_at + each // 1000) for each in numbers]
            await asyncio.gather(*map(inbox.writer.record, bodies))


async def handle(database: Database, events: int, handlers: int) -> reporting.Handled:
    """Run handlers from the beginning of the journal until all have come to its end."""
    calls = 0
    router = Router("benchmark")

    async def count(event: MessageReceived) -> None:
        nonlocal calls
        calls += 1

    for number in range(handlers):
        register = router.on(
            MessageReceived,
            F.text.contains("message"),
            name=f"benchmark.{number}",
            start="beginning",
        )
        register(count)
    async with Inbox(database, [*router.handlers()]):
        began = time.perf_counter()
        await asyncio.to_thread(_until_done, database, events, handlers)
        return reporting.Handled(seconds=time.perf_counter() - began, calls=calls)


def _until_done(database: Database, events: int, handlers: int) -> None:
    while not _is_done(database, events, handlers):
        time.sleep(LOOK_SECONDS)


def _is_done(database: Database, events: int, handlers: int) -> bool:
    with database.engine.connect() as connection:
        return bool(
            connection.exec_driver_sql(
                f"SELECT count(*) = {handlers} FROM positions "
                f"WHERE reader IN ({_names(handlers)}) AND seq >= {events}"
            ).scalar()
        )


def _names(handlers: int) -> str:
    return ", ".join(f"'benchmark.{number}'" for number in range(handlers))


def main() -> None:
    """Fill an empty database and handle what is in it."""
    url, events, handlers = reporting.arguments(sys.argv)
    database = databases.connect(url)
    migrating.migrate(database)
    asyncio.run(fill(database, events))
    reporting.say(asyncio.run(handle(database, events, handlers)))


if __name__ == "__main__":
    main()
