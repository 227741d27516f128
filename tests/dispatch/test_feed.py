"""The feed: who keeps up is served from memory, who lags behind is not, and nobody skips."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from sqlalchemy import event as sqlalchemy_event

from receiver.dispatch import feed as feed_module
from receiver.dispatch.courtesy import Courtesy
from receiver.dispatch.feed import Feed
from receiver.store.database import Database
from receiver.store.writer import Writer
from tests.store import bodies, recorded


def numbers(feed: Feed, seq: int, limit: int = 100) -> list[int]:
    return [event.id for event in asyncio.run(feed.after(seq, limit=limit))]


@pytest.fixture
def feed(on_sqlite: Database) -> Feed:
    """Return a feed of a journal of ten events."""
    recorded.each(on_sqlite, *(bodies.message(f"3EB0{n}") for n in range(10)))
    return Feed(on_sqlite, Courtesy(Writer(on_sqlite)))


def test_events_come_in_order_and_no_more_than_wanted(feed: Feed) -> None:
    assert numbers(feed, 0) == [*range(1, 11)]
    assert numbers(feed, 3, 2) == [4, 5]
    assert numbers(feed, 10) == []


def test_who_comes_later_is_served_from_memory(feed: Feed, on_sqlite: Database) -> None:
    asked: list[str] = []
    sqlalchemy_event.listen(on_sqlite.engine, "checkout", lambda *_: asked.append("once"))
    for _ in range(10):
        assert numbers(feed, 0) == [*range(1, 11)]
    assert asked == ["once"]


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
    feed = Feed(on_sqlite, Courtesy(Writer(on_sqlite)))
    random = Random(seed)
    readers = [0] * 5
    for n in range(50):
        recorded.each(on_sqlite, bodies.message(f"3EB0{n}"))
        for reader in random.sample(range(5), 3):
            found = numbers(feed, readers[reader], random.randrange(1, 6))
            assert found == [*range(readers[reader] + 1, readers[reader] + 1 + len(found))]
            assert found or readers[reader] == n + 1
            readers[reader] += len(found)
        assert len(feed._tail) <= 4
