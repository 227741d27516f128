"""Whoever reads the journal by its numbers misses nothing, with several processes writing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import text

from receiver.store import database as databases_of_ours
from tests import databases
from tests.crowd import Crowd
from tests.databases import only_postgresql
from tests.processes import Receiver
from tests.waiting import until

Start = Callable[..., Receiver]

pytestmark = only_postgresql

PROCESSES = 2
ANSWERS = 1_500


@dataclass
class Followed:
    """What a reader saw, and what the clients were told."""

    seen: list[int] = field(default_factory=list)
    told: int = 0
    refused: list[int] = field(default_factory=list)


def test_a_reader_sees_each_event_once_and_in_order(
    start: Start, database_url: str, seed: int
) -> None:
    followed = follow(start, database_url, seed, answers=ANSWERS)
    assert followed.refused == []
    assert followed.told >= ANSWERS
    assert followed.seen == list(range(1, followed.told + 1))
    assert stored(database_url) == followed.seen


def test_without_the_lock_events_are_lost(start: Start, database_url: str, seed: int) -> None:
    """The control: two processes give the same numbers, and of two rows one stays out."""
    followed = follow(start, database_url, seed, answers=300, control="no_lock")
    assert len(stored(database_url)) < followed.told


def test_with_a_sequence_and_no_lock_the_reader_skips(
    start: Start, database_url: str, seed: int
) -> None:
    """The control: numbers are unique, and become visible in another order."""
    databases.change(database_url, "CREATE SEQUENCE ids INCREMENT 10000", "CREATE SEQUENCE seqs")
    followed = follow(start, database_url, seed, answers=300, control="numbers_from_a_sequence")
    assert set(stored(database_url)) - set(followed.seen)


def follow(
    start: Start, database_url: str, seed: int, *, answers: int, control: str = ""
) -> Followed:
    """Post to several processes, and read the journal all the while."""
    program = ("-m", f"tests.controls.{control}") if control else ("-m", "receiver")
    receivers = [start(database_url, program=program) for _ in range(PROCESSES)]
    with reading(database_url) as seen:
        with Crowd(seed, [receiver.url for receiver in receivers]) as crowd:
            until(lambda: len(crowd.told) >= answers)
        assert crowd.unanswered == 0
    told = sum(receipt["events"] for _, receipt in crowd.told)
    return Followed(seen=seen, told=told, refused=crowd.refused)


@contextmanager
def reading(database_url: str) -> Iterator[list[int]]:
    """Read on from the last number seen, again and again; once more after all has been written."""
    seen: list[int] = []
    ended = threading.Event()

    def read_on() -> None:
        engine = databases_of_ours.connect(database_url).engine
        following = text("SELECT seq FROM events WHERE seq > :last ORDER BY seq")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while True:
                last_look = ended.wait(0.002)
                values = {"last": seen[-1] if seen else 0}
                seen.extend(connection.execute(following, values).scalars())
                if last_look:
                    break
        engine.dispose()

    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        yield seen
    finally:
        ended.set()
        reader.join(30)


def stored(database_url: str) -> list[int]:
    return [row.seq for row in databases.ask(database_url, "SELECT seq FROM events ORDER BY seq")]
