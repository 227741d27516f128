"""procrastinate: a job for each event and handler, fetched and finished one by one."""

from __future__ import annotations

import asyncio
import sys
import time

from procrastinate import App, PsycopgConnector  # type: ignore[import-not-found,unused-ignore]

from benchmarks.workers import reporting

CONCURRENCY = 32
"""As many calls at once as the receiver makes."""


async def handle(url: str, events: int, handlers: int) -> reporting.Handled:
    """Put jobs into an empty database, and work until there are none."""
    calls = 0
    app = App(connector=PsycopgConnector(conninfo=url))

    async def count(text: str) -> None:
        nonlocal calls
        calls += "message" in text

    tasks = [app.task(name=f"benchmark.{number}")(count) for number in range(handlers)]
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        jobs = [
            {"text": f"Hi, message {number:010}: is it still on sale?"} for number in range(events)
        ]
        for task in tasks:
            await task.batch_defer_async(*jobs)
        began = time.perf_counter()
        await app.run_worker_async(
            wait=False, concurrency=CONCURRENCY, listen_notify=False, install_signal_handlers=False
        )
        return reporting.Handled(time.perf_counter() - began, calls)


def main() -> None:
    """Work, and say how long it took."""
    reporting.say(asyncio.run(handle(*reporting.arguments(sys.argv))))


if __name__ == "__main__":
    main()
