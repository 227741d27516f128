"""pgqueuer: a job for each event and handler, fetched and finished in batches of 100.

Through asyncpg, with which it is fastest.
"""

from __future__ import annotations

import asyncio
import sys
import time

import asyncpg  # type: ignore[import-not-found,unused-ignore]
from pgqueuer import PgQueuer  # type: ignore[import-not-found,unused-ignore]
from pgqueuer.types import QueueExecutionMode  # type: ignore[import-not-found,unused-ignore]

from benchmarks.workers import reporting

BATCH = 100


async def handle(url: str, events: int, handlers: int) -> reporting.Handled:
    """Put jobs into an empty database, and work until there are none."""
    calls = 0
    queue = PgQueuer.from_asyncpg_connection(await asyncpg.connect(url))

    async def count(job: object) -> None:
        nonlocal calls
        calls += b"message" in job.payload  # type: ignore[attr-defined]

    names = [f"benchmark_{number}" for number in range(handlers)]
    for name in names:
        queue.entrypoint(name)(count)
    await queue.qm.queries.install()
    for name in names:
        bodies = [
            f"Hi, message {number:010}: is it still on sale?".encode() for number in range(events)
        ]
        await queue.qm.queries.enqueue([name] * events, bodies, [0] * events)
    began = time.perf_counter()
    await queue.qm.run(batch_size=BATCH, mode=QueueExecutionMode.drain)
    return reporting.Handled(time.perf_counter() - began, calls)


def main() -> None:
    """Work, and say how long it took."""
    reporting.say(asyncio.run(handle(*reporting.arguments(sys.argv))))


if __name__ == "__main__":
    main()
