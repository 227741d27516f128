"""The log of a process that serves: whoever writes to it never waits for whoever reads it.

A pipe whose reader stands still is full after a few hundred lines. A logger that waited for it
would stop handlers, the writer and the webhook one after the other.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from logging.handlers import QueueHandler, QueueListener
from queue import Full, Queue

MAX_WAITING = 2_000
"""Lines, with their tracebacks; what comes beyond is dropped, and counted."""
WRITE_WITHIN = timedelta(seconds=1)
"""For what still waits at the end of the process."""


def write_aside() -> None:
    """Let a thread of its own write the log, from now to the end of the process."""
    root = logging.getLogger()
    lines: Queue[logging.LogRecord] = Queue(MAX_WAITING)
    QueueListener(lines, *root.handlers).start()
    root.handlers[:] = [_Aside(lines)]


def write_out() -> None:
    """Wait until all of the log is written, for as long as that may last at an end."""
    for handler in logging.getLogger().handlers:
        handler.flush()


class _Aside(QueueHandler):
    queue: Queue[logging.LogRecord]
    _dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self._dropped:
                self.queue.put_nowait(_told(self._dropped))
                self._dropped = 0
            self.queue.put_nowait(record)
        except Full:
            self._dropped += 1

    def flush(self) -> None:
        deadline = time.monotonic() + WRITE_WITHIN.total_seconds()
        while self.queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)


def _told(dropped: int) -> logging.LogRecord:
    text = f"{dropped} lines were dropped, because nobody read this log"
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)
