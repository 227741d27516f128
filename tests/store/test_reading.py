"""The journal as handlers read it: every type of event, with what is stored of its message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from receiver.events import (
    CLASSES,
    ERASED,
    AckReceived,
    Event,
    EventType,
    LiveEvent,
    Location,
    Media,
    MessageFailed,
    MessageReceived,
    MessageSent,
    NotificationQuarantined,
    PhoneError,
    PhoneStatusChanged,
    PollTallied,
    ReactionReceived,
    Sender,
)
from receiver.maytapi.person import Person
from receiver.store import erasing, reading
from receiver.store.database import Database
from tests import bodies, payloads
from tests.store import recorded


def read(database: Database, after: int = 0, limit: int = 1000) -> list[Event]:
    with database.engine.connect() as connection:
        return reading.after(connection, after, limit=limit)


def only(database: Database, kind: type[Event]) -> Any:
    [found] = [event for event in read(database) if type(event) is kind]
    return found


def test_a_stretch_is_read_whole_or_only_what_has_some_types(database: Database) -> None:
    recorded.each(database, bodies.message("3EB0"), payloads.body("status-active"))
    recorded.each(database, bodies.message("3EB1"), bodies.message("3EB2"))

    def found(types: set[str] | None) -> list[int]:
        return [event.id for event in database.ask(reading.between, 0, 3, types=types)]

    assert (found(None), found({"message.received"}), found({"message.ack"})) == (
        [1, 2, 3], [1, 3], [],
    )  # fmt: skip


def test_a_message_comes_with_all_that_is_stored_of_it(database: Database) -> None:
    recorded.batch(database, payloads.body("message-image-group"))
    sample = payloads.load("message-image-group")
    event = only(database, MessageReceived)
    assert (event.id, event.event_type) == (1, "message.received")
    assert event.at == datetime.fromtimestamp(recorded.NOW / 1000, UTC)
    assert event.phone_id == str(sample["phone_id"])
    assert event.chat_id == sample["conversation"]
    assert (event.conversation_id, event.message_id) == (1, 1)
    assert event.whatsapp_id == sample["message"]["id"]
    assert (event.type, event.from_me, event.first_copy) == ("image", False, True)
    assert event.text == (sample["message"].get("caption") or None)
    assert event.media == Media(
        url=sample["message"]["url"],
        mime_type=sample["message"]["mime"],
        filename=sample["message"]["filename"],
    )
    assert event.sender == Sender(**{key: sample["user"][key] for key in ("id", "name", "phone")})
    assert event.sent_at == datetime.fromtimestamp(sample["timestamp"], UTC)
    assert event.payload == sample["message"]


def test_an_integer_past_64_bits_is_read_as_it_came(database: Database) -> None:
    said = payloads.load("message-text-dm")
    said["message"]["price1000"] = 10**20 + 1
    recorded.batch(database, payloads.dump(said))
    price = only(database, MessageReceived).payload["price1000"]
    assert (price, isinstance(price, int)) == (10**20 + 1, True)


def test_every_sample_is_read_as_the_class_of_its_type(database: Database) -> None:
    tally = bodies.acks(bodies.tally("true_1@c.us_3EB0A1", 2))
    recorded.batch(database, *map(payloads.body, payloads.NAMES), tally, b"no JSON")
    found = read(database)
    assert {type(event) for event in found} >= {
        MessageReceived, MessageSent, AckReceived, ReactionReceived, PollTallied, MessageFailed,
        PhoneStatusChanged, LiveEvent, NotificationQuarantined,
    }  # fmt: skip
    for event, stored in zip(found, recorded.events(database), strict=True):
        assert type(event) is CLASSES[stored["type"]]
        assert (event.id, event.data) == (stored["seq"], stored["data"])


def test_what_the_classes_show_is_what_was_told(database: Database) -> None:
    name = bodies.whatsapp_id("3EB0A1", from_me=True)
    recorded.batch(
        database,
        bodies.acks(bodies.ack("seen", msg_id=bodies.UUID, rxid=name, at=bodies.SENT)),
        bodies.status("qr-code"),
        bodies.event("error", bodies.PHONE, code="W05", message="Lib not loaded"),
        payloads.body("live-event-taken-by-agent"),
        payloads.body("message-location-group"),
        b"no JSON",
    )
    ack = only(database, AckReceived)
    assert (ack.ack, ack.status, ack.advanced, ack.from_me) == ("seen", "seen", True, True)
    assert (ack.msg_id, ack.whatsapp_id) == (bodies.UUID, name)
    assert only(database, PhoneStatusChanged).status == "qr-code"
    error = only(database, PhoneError)
    assert (error.code, error.error, error.phone_id) == ("W05", "Lib not loaded", bodies.PHONE)
    assert only(database, LiveEvent).event == "taken_by_agent"
    assert isinstance(only(database, MessageReceived).location, Location)
    quarantined = only(database, NotificationQuarantined)
    assert quarantined.notification_id == 6
    assert quarantined.problems


def test_a_late_reaction_or_tally_shows_that_it_is_late(database: Database) -> None:
    name = bodies.whatsapp_id("3EB0A1")
    for at in (bodies.SENT + 1, bodies.SENT):
        told = bodies.reaction(name, "👍", at=at), bodies.tally(name, 2, at=at)
        recorded.batch(database, bodies.acks(*told))
    events = read(database)
    shown = [event.advanced for event in events if isinstance(event, ReactionReceived)]
    assert shown == [True, False]
    assert [event.advanced for event in events if isinstance(event, PollTallied)] == shown


def test_one_that_was_told_before_that_was_known_counts(database: Database) -> None:
    recorded.batch(database, bodies.acks(bodies.reaction(bodies.whatsapp_id("3EB0A1"), "👍")))
    recorded.change(database, 'UPDATE events SET data = \'{"emoji":"👍","reactor_id":""}\'')
    assert only(database, ReactionReceived).advanced


def test_reading_goes_on_behind_a_position(database: Database) -> None:
    recorded.batch(database, *(bodies.message(f"3EB0{n}") for n in range(5)))
    assert [event.id for event in read(database, after=2)] == [3, 4, 5]
    assert [event.id for event in read(database, after=1, limit=2)] == [2, 3]
    with database.engine.connect() as connection:
        assert [event.id for event in reading.these(connection, [5, 2, 99])] == [2, 5]


def test_an_event_of_a_later_version_is_an_event_and_no_more(database: Database) -> None:
    recorded.batch(database, bodies.message())
    recorded.change(database, "UPDATE events SET type = 'message.pinned'")
    [event] = read(database)
    assert type(event) is Event
    assert event.event_type == "message.pinned"


def test_the_second_phone_in_a_group_brings_no_first_copy(database: Database) -> None:
    recorded.each(
        database,
        payloads.body("message-text-group"),
        payloads.body("message-text-group-second-phone"),
    )
    copies = [event for event in read(database) if isinstance(event, MessageReceived)]
    assert [event.first_copy for event in copies] == [True, False]


def test_the_message_of_an_event_is_found_after_it_became_a_part_of_another(
    database: Database,
) -> None:
    seen = {"ackType": "seen", "msgId": "3EB0A1", "chatId": "15550100011@c.us", "time": 1}
    recorded.each(
        database,
        payloads.dump([seen]),
        bodies.message(serialized="true_15550100011@c.us_3EB0A1", from_me=True),
    )
    ack = only(database, AckReceived)
    assert ack.message_id == only(database, MessageSent).message_id
    assert ack.whatsapp_id == "true_15550100011@c.us_3EB0A1"


def test_one_that_was_erased_says_nothing_and_is_not_given_by_its_number(
    database: Database,
) -> None:
    recorded.batch(database, bodies.message(), bodies.message(chat="15550100012@c.us"))
    erasing.erase(database, Person(bodies.CHAT), rest=lambda seconds: None)
    first, second = read(database)
    assert type(first) is Event
    assert (first.id, first.event_type, first.data) == (1, ERASED, {})
    assert database.ask(reading.these, [1, 2]) == [second]
    wanted = [*map(str, EventType)]
    assert database.ask(reading.between, 0, 2, types=wanted) == [second]
