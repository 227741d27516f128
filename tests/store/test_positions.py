"""Positions: kept, released, and on PostgreSQL moved by nobody but the one who holds them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from receiver.errors import Displaced
from receiver.store import positions
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.positions import Position
from tests.store import recorded
from tests.waiting import until

Job = Callable[[Change], Any]


class Process:
    """The writer's connection of a process."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def do(self, job: Job, *, session: int = 1) -> Any:
        """Do a job in a transaction."""
        with self.connection.begin():
            return job(Change(self.connection, at=recorded.NOW, appends=False, session=session))

    def take(self, start: int = 7) -> Position | None:
        """Begin to work for the handler."""
        taken: Position | None = self.do(lambda c: positions.take(c, "bot", start=start))
        return taken

    def release(self) -> None:
        """Let go of it."""
        self.do(lambda c: positions.release(c, "bot"))


@pytest.fixture
def processes(database: Database) -> Iterator[Callable[[], Process]]:
    """Return a function that starts another process on each database in turn."""
    with ExitStack() as opened:
        yield lambda: Process(opened.enter_context(open_writer(database)))


@pytest.fixture
def process(processes: Callable[[], Process]) -> Process:
    """Return a process."""
    return processes()


def test_a_new_handler_starts_where_it_is_told_and_an_old_one_where_it_was(
    process: Process,
) -> None:
    assert process.take(7) == Position(7, released=True, paused=False, session=1)
    process.do(lambda c: positions.move(c.transaction, "bot", 9))
    process.release()
    assert process.take(7) == Position(9, released=True, paused=False, session=1)


def test_whoever_did_not_let_go_is_found_out(process: Process) -> None:
    process.take()
    found = process.take()
    assert found
    assert not found.released


def test_whether_a_handler_rests_is_kept(process: Process) -> None:
    process.take()
    assert not process.do(lambda c: positions.paused(c, "bot"))
    process.do(lambda c: positions.pause(c, "bot", to_rest=True))
    assert process.do(lambda c: positions.paused(c, "bot"))
    assert not process.do(lambda c: positions.paused(c, "other"))
    found = process.take()
    assert found
    assert found.paused


def test_a_position_of_another_connection_is_not_to_be_used(process: Process) -> None:
    taken = process.take()
    assert taken
    process.do(taken.check)
    with pytest.raises(Displaced):
        process.do(taken.check, session=2)


def test_only_one_process_works_for_a_handler(
    on_postgresql: Database, open_two: tuple[Process, Process]
) -> None:
    one, other = open_two
    assert one.take()
    assert other.take() is None
    one.release()
    found = other.take()
    assert found
    assert found.released
    assert one.take() is None


def test_the_position_of_a_process_that_has_died_can_be_taken(
    on_postgresql: Database, open_two: tuple[Process, Process]
) -> None:
    one, other = open_two
    assert one.take()
    one.connection.invalidate()

    found = until(other.take)
    assert found
    assert not found.released


def test_what_the_last_holder_wrote_is_seen_although_the_lock_is_free_before(
    on_postgresql: Database, open_two: tuple[Process, Process]
) -> None:
    one, other = open_two
    assert one.take()
    taken: list[Position | None] = []
    taking = threading.Thread(target=lambda: taken.append(other.take()))

    def move_and_release(change: Change) -> None:
        positions.move(change.transaction, "bot", 9)
        positions.release(change, "bot")
        taking.start()
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'transactionid'"
        until(lambda: recorded.rows(on_postgresql, waits))

    one.do(move_and_release)
    taking.join(30)
    assert taken == [Position(9, released=True, paused=False, session=1)]


def test_handlers_do_not_stand_in_each_others_way(
    on_postgresql: Database, open_two: tuple[Process, Process]
) -> None:
    one, other = open_two
    assert one.take()
    assert other.do(lambda c: positions.take(c, "another", start=0))


@pytest.fixture
def open_two(on_postgresql: Database) -> Iterator[tuple[Process, Process]]:
    """Return two processes on PostgreSQL."""
    with open_writer(on_postgresql) as one, open_writer(on_postgresql) as other:
        yield Process(one), Process(other)
