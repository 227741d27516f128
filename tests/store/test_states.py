"""States tell no time: what is a repeat, what is news, and what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from receiver.store.database import Database, open_writer
from receiver.store.recording import Receipt
from receiver.store.states import REPEATED_WITHIN
from tests import bodies
from tests.bodies import CHAT, OTHER_PHONE, PHONE
from tests.store import recorded
from tests.store.recorded import NOW

WINDOW = REPEATED_WITHIN.total_seconds() * 1000
HOUR = 3_600_000

ACTIVE = bodies.status("active")
LOADING = bodies.status("loading")
TAKEN = bodies.live("taken_by_agent")
CLOSED = bodies.live("closed")


def test_a_status_is_an_event_and_is_shown(database: Database) -> None:
    recorded.batch(database, bodies.status("active", product="p"))
    [event] = recorded.events(database)
    assert (event["type"], event["data"]) == ("phone.status", {"status": "active"})
    assert (event["phone_id"], event["conversation_id"]) == (PHONE, None)
    [phone] = recorded.rows(database, "SELECT * FROM phones")
    assert phone == {"phone_id": PHONE, "product_id": "p", "status": "active", "status_at": NOW}


def test_the_same_status_twice_running_is_a_repeat_however_late(database: Database) -> None:
    first = recorded.batch(database, ACTIVE)
    again = recorded.batch(database, ACTIVE, at=NOW + 30 * HOUR)
    assert _statuses(first + again) == ["stored", "duplicate"]
    assert again[0].notification_id == first[0].notification_id
    assert _told(database) == ["active"]


def test_a_status_that_comes_back_within_two_minutes_is_a_repeat_but_shown(
    database: Database,
) -> None:
    told = [(ACTIVE, NOW), (LOADING, NOW + 1000), (ACTIVE, NOW + WINDOW - 1)]
    assert _record(database, told) == ["stored", "stored", "duplicate"]
    assert _told(database) == ["active", "loading"]
    [phone] = recorded.rows(database, "SELECT * FROM phones")
    assert (phone["status"], phone["status_at"]) == ("active", NOW + WINDOW - 1)


def test_a_status_that_comes_back_after_two_minutes_is_news(database: Database) -> None:
    told = [(ACTIVE, NOW), (LOADING, NOW + 1000), (ACTIVE, NOW + WINDOW)]
    assert _record(database, told) == ["stored"] * 3
    assert _told(database) == ["active", "loading", "active"]
    assert recorded.count(database, "notifications") == 3


def test_the_two_minutes_begin_when_it_was_news_and_not_with_each_repeat(
    database: Database,
) -> None:
    told = [
        (ACTIVE, NOW),
        (LOADING, NOW + 1),
        (ACTIVE, NOW + WINDOW - 1),
        (LOADING, NOW + WINDOW),
        (ACTIVE, NOW + WINDOW + 1),
    ]
    assert _record(database, told) == ["stored", "stored", "duplicate", "duplicate", "stored"]
    assert _told(database) == ["active", "loading", "active"]


def test_a_repeat_of_the_latest_turn_names_that_turn(database: Database) -> None:
    with open_writer(database) as connection:
        receipts = [
            recorded.commit(connection, [body], at=NOW + hours * HOUR)[0]
            for hours, body in enumerate([ACTIVE, LOADING, ACTIVE, ACTIVE])
        ]
    assert [receipt.status for receipt in receipts[2:]] == ["stored", "duplicate"]
    assert receipts[3].notification_id == receipts[2].notification_id
    assert receipts[2].notification_id != receipts[0].notification_id


def test_states_of_one_batch_are_told_one_after_the_other(database: Database) -> None:
    receipts = recorded.batch(database, ACTIVE, LOADING, ACTIVE, LOADING, LOADING)
    assert _statuses(receipts) == ["stored", "stored", "duplicate", "duplicate", "duplicate"]
    assert _told(database) == ["active", "loading"]
    [phone] = recorded.rows(database, "SELECT * FROM phones")
    assert phone["status"] == "loading"


def test_a_clock_that_goes_back_makes_no_news(database: Database) -> None:
    told = [(ACTIVE, NOW), (LOADING, NOW - HOUR), (LOADING, NOW - 2 * HOUR), (ACTIVE, NOW - HOUR)]
    assert _record(database, told) == ["stored", "stored", "duplicate", "duplicate"]


def test_each_phone_has_a_state_of_its_own(database: Database) -> None:
    other = bodies.status("loading", phone=OTHER_PHONE)
    told = [(ACTIVE, NOW), (other, NOW + HOUR), (ACTIVE, NOW + 2 * HOUR)]
    assert _record(database, told) == ["stored", "stored", "duplicate"]
    phones = recorded.rows(database, "SELECT phone_id, status FROM phones ORDER BY phone_id")
    assert phones == [
        {"phone_id": PHONE, "status": "active"},
        {"phone_id": OTHER_PHONE, "status": "loading"},
    ]


def test_a_product_that_was_told_is_kept(database: Database) -> None:
    recorded.batch(database, bodies.status("active", product="p"), LOADING)
    [phone] = recorded.rows(database, "SELECT * FROM phones")
    assert (phone["product_id"], phone["status"]) == ("p", "loading")


def test_a_live_event_is_told_in_its_conversation(database: Database) -> None:
    recorded.batch(database, TAKEN)
    [event] = recorded.events(database)
    assert (event["type"], event["data"]) == ("live.event", {"event": "taken_by_agent"})
    assert event["conversation_id"] == recorded.conversation(database, CHAT, PHONE)["id"]
    assert recorded.messages(database) == []


def test_live_events_come_back_like_states_and_apart_for_each_chat(database: Database) -> None:
    elsewhere = bodies.live("closed", chat="15550100012@c.us")
    told = [
        (TAKEN, NOW),
        (elsewhere, NOW + HOUR),
        (TAKEN, NOW + 2 * HOUR),
        (CLOSED, NOW + 3 * HOUR),
        (TAKEN, NOW + 4 * HOUR),
    ]
    assert _record(database, told) == ["stored", "stored", "duplicate", "stored", "stored"]


def test_an_error_of_no_message_is_told_of_its_phone_and_once(database: Database) -> None:
    error = bodies.event("error", PHONE, code="W05", message="Lib not loaded")
    other = bodies.event("error", PHONE, code="W06", message="busy")
    told = [(error, NOW), (error, NOW + HOUR), (other, NOW + 2 * HOUR), (error, NOW + 3 * HOUR)]
    assert _record(database, told) == ["stored", "duplicate", "stored", "stored"]
    event = recorded.events(database, "phone.error")[0]
    assert event["phone_id"] == PHONE
    assert event["data"] == {"code": "W05", "message": "Lib not loaded"}
    assert recorded.messages(database) == []


def test_states_are_told_in_their_place_among_other_news(database: Database) -> None:
    said = bodies.message()
    ticked = bodies.acks(bodies.ack("seen", msg_id=bodies.UUID, at=bodies.SENT))
    recorded.batch(database, ACTIVE, said, TAKEN, ticked, LOADING)
    assert [event["type"] for event in recorded.events(database)] == [
        "phone.status",
        "message.received",
        "live.event",
        "message.ack",
        "phone.status",
    ]


def _record(database: Database, told: Sequence[tuple[bytes, float]]) -> list[str]:
    with open_writer(database) as connection:
        receipts = [recorded.commit(connection, [body], at=int(at))[0] for body, at in told]
    return _statuses(receipts)


def _statuses(receipts: list[Receipt]) -> list[str]:
    return [receipt.status for receipt in receipts]


def _told(database: Database) -> list[str]:
    return [event["data"]["status"] for event in recorded.events(database, "phone.status")]
