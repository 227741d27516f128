"""Counts are what a plain query would say."""

from __future__ import annotations

from receiver.store.database import Database
from receiver.store.views import counts
from tests import bodies
from tests.store import recorded, sends


def test_an_empty_database_counts_nothing(database: Database) -> None:
    found = counts.count(database.engine)
    assert found.notifications == {"stored": 0, "quarantined": 0}
    assert found.messages == {"queued": 0, "unknown": 0, "accepted": 0, "failed": 0}
    assert found.events == 0


def test_everything_is_counted_by_its_status(database: Database) -> None:
    recorded.each(database, bodies.message(), bodies.message(), b"{", b"[1]", bodies.message("2"))
    sends.queued(database, "one")
    sends.queued(database, "two")
    sends.unknown(database, "three")
    sends.accepted(database, sends.called(database, "four"), bodies.UUID)
    found = counts.count(database.engine)
    assert found.notifications == {"stored": 2, "quarantined": 2}
    assert found.messages == {"queued": 2, "unknown": 1, "accepted": 1, "failed": 0}
    assert found.events == len(recorded.events(database))
