"""The journal as it is read from outside: every event once, in order, whatever is asked for."""

from __future__ import annotations

import orjson
import pytest

from receiver.store.database import Database
from receiver.store.views import events
from receiver.store.views.filters import EventFilter
from tests.bodies import CHAT, PHONE, UUID, ack, acks, failure, message, status
from tests.store import recorded


def test_an_event_has_the_fields_of_the_contract(database: Database) -> None:
    recorded.batch(database, message())
    [event] = orjson.loads(orjson.dumps(events.following(database.engine, 0, limit=9).data))
    assert event == {
        "seq": 1,
        "type": "message.received",
        "at": "2027-01-15T08:00:00Z",
        "phone_id": PHONE,
        "conversation_id": 1,
        "message_id": 1,
        "notification_id": 1,
        "data": {"first_copy": True},
    }


def test_the_next_is_the_last_that_was_given(database: Database) -> None:
    recorded.batch(database, *(message(f"3EB0{n}") for n in range(5)))
    first = events.following(database.engine, 0, limit=3)
    second = events.following(database.engine, first.next, limit=3)
    assert [event.seq for event in (*first.data, *second.data)] == [1, 2, 3, 4, 5]
    assert (first.next, second.next) == (3, 5)


@pytest.mark.parametrize("after", [0, 1, 10**18 - 1])
def test_where_nothing_follows_the_place_is_kept(database: Database, after: int) -> None:
    recorded.batch(database, *[message()] if after == 1 else [])
    assert events.following(database.engine, after, limit=9) == events.Feed(data=[], next=after)
    failed = EventFilter(type="message.failed")
    assert events.following(database.engine, after, failed, limit=9).next == after


def test_a_filter_leaves_what_is_wanted(database: Database) -> None:
    recorded.batch(
        database, message("3EB0A"), status("active"), message("3EB0B", chat="2@c.us"), failure()
    )
    for wanted, found in (
        (EventFilter(type="message.received"), [1, 3]),
        (EventFilter(type="phone.status"), [2]),
        (EventFilter(conversation_id=1), [1, 4]),
        (EventFilter(type="message.failed", conversation_id=1), [4]),
        (EventFilter(type="message.failed", conversation_id=2), []),
    ):
        feed = events.following(database.engine, 0, wanted, limit=9)
        assert [event.seq for event in feed.data] == found
        assert all(wanted.admits(event.type, event.conversation_id) for event in feed.data)


def test_a_rare_kind_is_found_behind_many_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look goes through a bounded run of events, wherever the journal begins by now."""
    monkeypatch.setattr(events, "MAX_SCANNED", 3)
    entries = [ack("seen", msg_id=f"id{n}") for n in range(10)]
    recorded.batch(
        database, acks(*entries), failure(UUID, chat=CHAT), acks(ack("seen", msg_id="x"))
    )
    recorded.change(database, "DELETE FROM events WHERE seq <= 4")
    after, found, looks = 0, [], 0
    while (feed := events.following(database.engine, after, FAILED, limit=9)).next > after:
        after, looks = feed.next, looks + 1
        found += [event.seq for event in feed.data]
    assert (found, looks) == ([11], 3)


FAILED = EventFilter(type="message.failed")
