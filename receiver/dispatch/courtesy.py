"""Handlers give way to the webhook: while many notifications wait, they take a small share of time.

Python runs one thread at a time, so what handlers compute is taken from whoever answers Maytapi.
Under a load that the process can just bear, handlers fall behind, on disk, and catch up when it is
over; the share that they always get keeps them from standing still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from receiver.store.writer import Writer

MANY_WAITING = 16
"""So many notifications wait together only under a load that leaves no time."""
SHARE = 0.01
"""Of the time goes to handlers under such a load, reading for them included."""
FEW_EVENTS = 50
"""Are read at once then, so that no stretch of work is long."""
LONGEST = timedelta(seconds=5)
"""That handlers wait, however long the work before was."""
MOMENT = timedelta(milliseconds=200)
"""Between two commits few wait, whatever the load."""
LOOK_EVERY = timedelta(milliseconds=50)


class Courtesy:
    """Asked before more events are read, in the handlers' thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._worked = time.thread_time()
        self._worked_elsewhere = 0.0
        self._due_until = 0.0

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Count work for handlers that is done in another thread."""
        began = time.thread_time()
        try:
            yield
        finally:
            self._worked_elsewhere += time.thread_time() - began

    @property
    def is_due(self) -> bool:
        """Whether the webhook has no time to spare, or had none a moment ago."""
        if self._writer.waiting > MANY_WAITING:
            self._due_until = time.monotonic() + MOMENT.total_seconds()
        return time.monotonic() < self._due_until

    async def give_way(self) -> None:
        """Rest in proportion to the work since the last time, as long as it is due."""
        worked = time.thread_time() - self._worked + self._worked_elsewhere
        rest = min(worked / SHARE, LONGEST.total_seconds())
        ends_at = time.monotonic() + rest
        while self.is_due and time.monotonic() < ends_at:  # noqa: ASYNC110 - nobody would tell
            await asyncio.sleep(LOOK_EVERY.total_seconds())
        self._worked, self._worked_elsewhere = time.thread_time(), 0.0
