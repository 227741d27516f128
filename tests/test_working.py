"""`receiver work`: handlers without the web, and the sentences when there is no start."""

from __future__ import annotations

import signal
from collections import Counter
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
        tell(database_url, 1)
        until((tmp_path / "seen").exists)
        worker.process.send_signal(number)
        assert worker.process.wait(10) == 0
    [position] = databases.ask(database_url, _BOT)
    assert tuple(position) == (1, True)


CHOIR = """
import os
from receiver import Event, Router

router = Router("choir")

def singer(name):
    def sing(event: Event) -> None:
        with open("sung", "a") as file:
            file.write(f"{name} {event.id} {os.getpid()}\\n")
    router.on(Event, name=name, start="beginning")(sing)

for name in ("soprano", "alto", "tenor", "bass"):
    singer(name)
"""


@only_postgresql
def test_workers_share_the_handlers_and_take_over_those_of_a_dead_one(
    tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "choir.py").write_text(CHOIR)
    sung = Sung(tmp_path / "sung", database_url)
    with (
        Worker(tmp_path, database_url, "choir:router") as one,
        Worker(tmp_path, database_url, "choir:router") as other,
    ):
        until(lambda: sorted(sung.next().values()) == [2, 2])
        other.kill()
        until(lambda: sung.next() == {one.process.pid: 4})
    for voice in ("soprano", "alto", "tenor", "bass"):
        assert sung.by(voice) == [*range(1, sung.events + 1)]


class Sung:
    """What the choir writes down: who sang which event, and in which process."""

    def __init__(self, file: Path, database_url: str) -> None:
        self._file = file
        self._database_url = database_url
        self.events = 0

    def next(self) -> Counter[int]:
        """Tell of an event, and return how many handlers each process had for it."""
        self.events += 1
        tell(self._database_url, self.events)
        until(lambda: len(self._of(self.events)) >= 4)
        return Counter(pid for _, _, pid in self._of(self.events))

    def by(self, voice: str) -> list[int]:
        """Return the events of a handler in the order in which it sang them, without repeats."""
        return [*dict.fromkeys(event for name, event, _ in self._lines() if name == voice)]

    def _of(self, event: int) -> set[tuple[str, int, int]]:
        return {line for line in self._lines() if line[1] == event}

    def _lines(self) -> list[tuple[str, int, int]]:
        words = map(str.split, self._file.read_text().splitlines() if self._file.exists() else ())
        return [(name, int(event), int(pid)) for name, event, pid in words]


def tell(database_url: str, seq: int) -> None:
    databases.change(
        database_url,
        f"INSERT INTO events VALUES ({seq}, 'phone.status', 0, '1', NULL, NULL, NULL, "
        '\'{"status": "active"}\')',
        f"UPDATE heads SET seq = {seq}",
        "NOTIFY receiver_events",
    )
