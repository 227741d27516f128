"""The feed: who keeps up is served from memory, who lags behind is not, and nobody skips."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from sqlalchemy import event as sqlalchemy_event

from receiver import Event, MessageReceived, PhoneStatusChanged, Router
from receiver.dispatch import feed as feed_module
from receiver.dispatch.courtesy import Courtesy
from receiver.dispatch.desk import Desk
from receiver.dispatch.feed import Feed
from receiver.store import journal
from receiver.store.database import Database
from receiver.store.watching import Watch
from receiver.store.writer import Writer
from tests import bodies, payloads
from tests.store import recorded


def numbers(feed: Feed, seq: int, limit: int = 100) -> list[int]:
    portion = asyncio.run(feed.after(seq, limit=limit))
    assert portion.last >= max((event.id for event in portion.events), default=seq)
    return [event.id for event in portion.events]


def feeding(database: Database, *wanted: type[Event]) -> Feed:
    router = Router("bot")
    for kind in wanted:
        router.on(kind, name=kind.__name__)(lambda event: None)
    writer = Writer(database)
    desk = Desk(database=database, writer=writer, watch=Watch(database))
    desk.watch.announce(database.ask(journal.last_seq))
    return Feed(desk, Courtesy(writer), [*router.handlers()])


@pytest.fixture
def feed(on_sqlite: Database) -> Feed:
    """Return a feed of a journal of ten events."""
    recorded.each(on_sqlite, *(bodies.message(f"3EB0{n}") for n in range(10)))
    return feeding(on_sqlite, MessageReceived)


@pytest.fixture
def asked(on_sqlite: Database) -> list[str]:
    """Return what grows with each time that the database is asked."""
    asked: list[str] = []
    sqlalchemy_event.listen(on_sqlite.engine, "checkout", lambda *_: asked.append("once"))
    return asked


def test_events_come_in_order_and_no_more_than_wanted(feed: Feed) -> None:
    assert numbers(feed, 0) == [*range(1, 11)]
    assert numbers(feed, 3, 2) == [4, 5]
    assert numbers(feed, 10) == []


def test_who_comes_later_is_served_from_memory(feed: Feed, asked: list[str]) -> None:
    for _ in range(10):
        assert numbers(feed, 0) == [*range(1, 11)]
    assert asked == ["once"]


def test_what_no_handler_wants_is_not_read_and_passed_over_once(
    on_sqlite: Database, asked: list[str]
) -> None:
    recorded.each(on_sqlite, *(bodies.message(f"3EB0{n}") for n in range(3)))
    recorded.each(on_sqlite, payloads.body("status-active"))
    feed = feeding(on_sqlite, PhoneStatusChanged)
    asked.clear()
    assert numbers(feed, 0, 3) == []
    for _ in range(10):
        assert asyncio.run(feed.after(0, limit=3)).last == 3
    assert asked == ["once"]
    assert numbers(feed, 3) == [4]


def test_whoever_wants_all_events_gets_those_of_unknown_types_too(on_sqlite: Database) -> None:
    recorded.each(on_sqlite, bodies.message("3EB0"), payloads.body("status-active"))
    recorded.change(on_sqlite, "UPDATE events SET type = 'moon.phase' WHERE seq = 1")
    assert numbers(feeding(on_sqlite, PhoneStatusChanged, Event), 0) == [1, 2]


def test_who_is_far_behind_takes_nothing_from_the_others(feed: Feed) -> None:
    assert numbers(feed, 8) == [9, 10]
    assert numbers(feed, 0, 3) == [1, 2, 3]
    assert feed._tail.reaches(8)
    assert not feed._tail.reaches(7)
    assert numbers(feed, 9) == [10]


def test_readers_of_all_kinds_skip_nothing(
    on_sqlite: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(feed_module, "KEPT", 4)
    feed = feeding(on_sqlite, MessageReceived)
    random = Random(seed)
    readers = [0] * 5
    for n in range(50):
        recorded.each(on_sqlite, bodies.message(f"3EB0{n}"))
        feed._desk.watch.announce(n + 1)
        for reader in random.sample(range(5), 3):
            found = numbers(feed, readers[reader], random.randrange(1, 6))
            assert found == [*range(readers[reader] + 1, readers[reader] + 1 + len(found))]
            assert found or readers[reader] == n + 1
            readers[reader] += len(found)
        assert len(feed._tail) <= 4
