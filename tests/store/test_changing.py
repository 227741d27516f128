"""A change: numbers only for whoever said so, and events in the order in which they were told."""

from __future__ import annotations

import pytest

from receiver.events import EventType
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.journal import Draft
from tests import bodies
from tests.store import recorded


def test_events_are_numbered_in_the_order_in_which_they_were_told(database: Database) -> None:
    recorded.batch(database, bodies.message())
    with open_writer(database) as connection, connection.begin():
        change = Change(connection, at=recorded.NOW, appends=True)
        change.tell(Draft(type=EventType.MESSAGE_FAILED), Draft(type=EventType.LIVE_EVENT))
        change.tell(Draft(type=EventType.MESSAGE_ACK))
        assert change.finish() == 4
    told = [(event["seq"], event["type"]) for event in recorded.events(database)][1:]
    assert told == [(2, "message.failed"), (3, "live.event"), (4, "message.ack")]


def test_what_does_not_append_takes_no_numbers(database: Database) -> None:
    with open_writer(database) as connection, connection.begin():
        change = Change(connection, at=recorded.NOW, appends=False)
        with pytest.raises(AssertionError, match="must say so"):
            _ = change.heads
        assert change.finish() is None
