"""Who should leave a handler to whom, seen by nothing but the locks of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from sqlalchemy.engine import Connection

from receiver.store import sharing
from receiver.store.database import Database, open_writer
from receiver.store.rows import Transaction
from tests.databases import only_postgresql, only_sqlite
from tests.waiting import until

VOICES = ("soprano", "alto", "tenor", "bass")


class Process:
    """The writer's connection of a process that is ready for all handlers."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.transaction = Transaction(connection)
        for voice in VOICES:
            sharing.get_ready(self.transaction, voice)

    def claim(self, *voices: str) -> list[bool]:
        """Try to take handlers."""
        return [sharing.claim(self.transaction, voice) for voice in voices]

    def is_uneven(self, handlers: Sequence[str] = VOICES) -> bool:
        """Tell whether it should leave a handler to another."""
        return sharing.is_uneven(self.transaction, handlers)


@pytest.fixture
def begin(database: Database) -> Iterator[Callable[[], Process]]:
    """Return a function that starts another process on the database."""
    with ExitStack() as opened:
        yield lambda: Process(opened.enter_context(open_writer(database)))


@only_postgresql
def test_who_has_two_more_than_another_leaves_one(begin: Callable[[], Process]) -> None:
    one, other = begin(), begin()
    assert one.claim("soprano", "alto", "tenor") == [True, True, True]
    assert one.is_uneven()
    assert not other.is_uneven()

    other.claim("bass")
    sharing.free(one.transaction, "tenor")
    assert other.claim("tenor") == [True]
    assert not one.is_uneven()
    assert not other.is_uneven()


@only_postgresql
def test_what_was_claimed_again_is_left_at_once(begin: Callable[[], Process]) -> None:
    one, other = begin(), begin()
    assert one.claim("soprano", "soprano") == [True, True]
    sharing.free(one.transaction, "soprano")
    assert other.claim("soprano") == [True]


@only_postgresql
def test_who_has_one_more_keeps_it(begin: Callable[[], Process]) -> None:
    one, other = begin(), begin()
    one.claim("soprano")
    assert not one.is_uneven()
    one.claim("alto")
    other.claim("bass")
    assert not one.is_uneven()


@only_postgresql
def test_nobody_leaves_what_no_other_would_take(begin: Callable[[], Process]) -> None:
    one = begin()
    one.claim(*VOICES)
    assert not one.is_uneven()
    other = begin()
    assert one.is_uneven()
    other.connection.invalidate()
    other.connection.close()
    until(lambda: not one.is_uneven())  # the server hears of it a moment later


@only_postgresql
def test_handlers_of_others_are_no_load(begin: Callable[[], Process]) -> None:
    one, other = begin(), begin()
    one.claim("soprano", "alto")
    other.claim("of another", "and another")
    assert one.is_uneven()


@only_postgresql
def test_ready_is_told_once_however_often(begin: Callable[[], Process]) -> None:
    one = begin()
    for _ in range(3):
        sharing.get_ready(one.transaction, "soprano")
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert one.transaction.fetch(locks)[0][0] == len(VOICES)


@only_sqlite
def test_on_sqlite_one_process_has_all(begin: Callable[[], Process]) -> None:
    one = begin()
    assert one.claim(*VOICES) == [True] * 4
    assert not one.is_uneven()
