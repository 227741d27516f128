"""The log: nobody waits for whoever reads it, and what is lost of it is counted."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from receiver import logs
from receiver.store.database import Database
from tests import bodies, databases
from tests.databases import only_sqlite
from tests.processes import environment
from tests.store import recorded
from tests.waiting import NET, until

MESSAGES = 300
"""Of which each leaves a traceback: more than a pipe holds."""
PLUGIN = """
from receiver import MessageReceived, RetryPolicy, Router

router = Router("bot")

@router.on(MessageReceived, start="beginning", order="none", retry=RetryPolicy(attempts=1))
async def fail(event: MessageReceived) -> None:
    raise ValueError("x" * 1_000)
"""


class Held(logging.Handler):
    """Writes nothing before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record, and its time."""
        self.may.wait(NET)
        self.lines.append(record.getMessage())


@pytest.fixture
def held() -> Iterator[Held]:
    """Return what writes the log, in a thread of its own."""
    root, held = logging.getLogger(), Held()
    before, root.handlers[:] = root.handlers[:], [held]
    logs.write_aside()
    yield held
    held.may.set()
    root.handlers[:] = before


def test_what_is_logged_is_written_in_its_order(held: Held) -> None:
    held.may.set()
    for number in range(100):
        logging.getLogger("one").warning("line %d", number)
    logs.write_out()
    assert held.lines == [f"line {number}" for number in range(100)]


def test_what_cannot_be_written_is_counted(held: Held) -> None:
    for number in range(logs.MAX_WAITING + 100):
        logging.getLogger("one").warning("line %d", number)
    held.may.set()
    until(lambda: len(held.lines) >= logs.MAX_WAITING)
    logging.getLogger("one").warning("the last")
    until(lambda: held.lines[-1] == "the last")
    kept = len(held.lines) - 2
    assert held.lines[-2].startswith(f"{logs.MAX_WAITING + 100 - kept} lines were dropped")


@only_sqlite
def test_nothing_waits_for_a_log_that_nobody_reads(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    recorded.batch(database, *(bodies.message(f"3EB0{n:06}") for n in range(MESSAGES)))
    read, write = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "receiver", "serve"],
        cwd=tmp_path,
        env=environment(database_url, handlers="plugin:router"),
        stderr=write,
    ) as process:
        os.close(write)
        try:
            until(lambda: dead(database_url) == MESSAGES)
            process.terminate()
            assert process.wait(15) == 0
        finally:
            process.kill()
            os.close(read)


def dead(url: str) -> int:
    [row] = databases.ask(url, "SELECT count(*) AS count FROM retries WHERE state = 'dead'")
    return int(row.count)
