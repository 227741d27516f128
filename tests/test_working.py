"""`receiver work`: handlers without the web, and the sentences when there is no start."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests import databases
from tests.databases import only_postgresql, only_sqlite
from tests.processes import command, environment
from tests.waiting import until
from tests.workers import Worker

_BOT = "SELECT seq, released FROM positions WHERE reader = 'bot.note'"
ROUTER = """
from pathlib import Path
from receiver import Event, Router

router = Router("bot")

@router.on(Event, start="beginning")
def note(event: Event) -> None:
    Path("seen").write_text("x")
"""


def refusal(folder: Path, url: str, **settings: str) -> str:
    done = command("work", folder=folder, env=environment(url, **settings))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


@only_sqlite
def test_a_sqlite_file_is_not_for_workers(tmp_path: Path, database_url: str) -> None:
    assert "`receiver serve` runs the handlers" in refusal(tmp_path, database_url)


@only_postgresql
def test_without_handlers_there_is_nothing_to_work_for(tmp_path: Path, database_url: str) -> None:
    assert "RECEIVER_HANDLERS" in refusal(tmp_path, database_url)


@only_postgresql
def test_a_schema_that_is_missing_is_told(tmp_path: Path, empty_database_url: str) -> None:
    assert "receiver migrate" in refusal(tmp_path, empty_database_url, handlers="bot:router")


@only_postgresql
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_works_until_a_signal_and_lets_go(
    tmp_path: Path, database_url: str, number: signal.Signals
) -> None:
    (tmp_path / "bot.py").write_text(ROUTER)
    with Worker(tmp_path, database_url, "bot:router") as worker:
        until(lambda: worker.ready)
        databases.change(
            database_url,
            "INSERT INTO events VALUES (1, 'phone.status', 0, '1', NULL, NULL, NULL, "
            '\'{"status": "active"}\')',
            "UPDATE heads SET seq = 1",
            "NOTIFY receiver_events",
        )
        until((tmp_path / "seen").exists)
        worker.process.send_signal(number)
        assert worker.process.wait(10) == 0
    [position] = databases.ask(database_url, _BOT)
    assert tuple(position) == (1, True)
