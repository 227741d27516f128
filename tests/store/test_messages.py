"""Messages: each copy once, the latest content wins, and placeholders are filled."""

from __future__ import annotations

from itertools import permutations

import pytest

from receiver.store.database import Database, open_writer
from tests import bodies, payloads
from tests.bodies import CHAT, GROUP, OTHER_PHONE, PHONE, SENT, ack, acks, message
from tests.store import disorder, recorded
from tests.store.stories import Acks, Entry, Subject, Version

INCOMING = Subject("3EB0A1", PHONE, CHAT, False)
OUTGOING = Subject("3EB0A1", PHONE, CHAT, True)
IN_GROUP = bodies.whatsapp_id("3EB0A1", GROUP, by="15550100012@c.us")


def test_what_was_said_is_an_event_and_a_row(database: Database) -> None:
    recorded.batch(database, message("3EB0A1", text="hello", at=SENT))
    [shown] = recorded.messages(database)
    assert (shown["text"], shown["direction"], shown["status"]) == ("hello", "incoming", None)
    assert shown["sent_at"] == "2023-11-14T22:13:20Z"
    [event] = recorded.events(database)
    assert event["type"] == "message.received"
    assert event["data"] == {"first_copy": True}
    assert event["message_id"] == shown["id"]
    assert event["conversation_id"] == shown["conversation_id"]
    assert event["phone_id"] == PHONE


def test_what_our_phone_said_is_outgoing(database: Database) -> None:
    recorded.batch(database, payloads.body("message-text-group-fromme"))
    [shown] = recorded.messages(database)
    assert (shown["direction"], shown["status"]) == ("outgoing", None)
    assert shown["sender"]["phone"] == "15550100001"
    assert [event["type"] for event in recorded.events(database)] == ["message.sent"]


def test_the_same_words_in_another_envelope_are_no_news(database: Database) -> None:
    receipts = recorded.each(database, message(), message(reply="https://api.example.invalid/"))
    assert [(receipt.status, receipt.events) for receipt in receipts] == [
        ("stored", 1),
        ("stored", 0),
    ]
    assert len(recorded.messages(database)) == 1


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_of_several_versions_the_latest_is_shown_and_each_is_an_event(
    database: Database, gather: recorded.Gather
) -> None:
    for number, order in enumerate(permutations(range(3))):
        key = f"3EB0{number}"
        told = [message(key, text=f"version {n}", at=SENT + n) for n in order]
        receipts = gather(database, *told)
        shown = recorded.message(database, bodies.whatsapp_id(key))
        assert (shown["text"], shown["sent_at"]) == ("version 2", "2023-11-14T22:13:22Z"), order
        assert shown["payload"]["text"] == "version 2"
        assert [receipt.events for receipt in receipts] == [1, 1, 1]
        assert [event["type"] for event in recorded.events(database)[-3:]] == [
            "message.received",
            "message.revised",
            "message.revised",
        ]


def test_of_two_versions_of_one_second_the_same_is_shown_in_either_order(
    database: Database,
) -> None:
    for number, order in enumerate((("a", "b"), ("b", "a"))):
        recorded.each(database, *(message(f"3EB0{number}", text=text) for text in order))
    one, other = recorded.messages(database)
    assert one["text"] == other["text"]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_what_was_told_by_its_key_and_by_its_whole_id_is_all_kept(
    database: Database, gather: recorded.Gather
) -> None:
    whole = bodies.whatsapp_id("3EB0A1", from_me=True)
    recorded.batch(database, acks(ack("seen", rxid=whole, at=SENT)))
    told = {"by its key": "3EB0A1", "in full": whole}
    gather(
        database,
        *(message(text=text, serialized=name, from_me=True) for text, name in told.items()),
    )
    assert {one["text"]: one["whatsapp_id"] for one in recorded.messages(database)} == told
    for event in recorded.events(database):
        assert recorded.message(database, event["message_id"])


@pytest.mark.parametrize("subject", [INCOMING, OUTGOING], ids=["incoming", "outgoing"])
def test_versions_and_acks_come_in_any_order_and_grouping(
    database: Database, subject: Subject
) -> None:
    tick = Entry(subject, "whatsapp_id", True, "ack", "seen", SENT)
    disorder.exhaust(
        database,
        Version(subject, SENT + 60, "Ann"),
        Version(subject, SENT + 180, "Bob"),
        Version(subject, SENT + 120, None),
        Acks(None, True, (tick,)),
    )


def test_a_second_phone_has_a_copy_of_its_own(database: Database) -> None:
    said = payloads.body("message-text-group")
    echo = payloads.body("message-text-group-second-phone")
    for order in ([said, echo], [echo, said]):
        recorded.each(database, *order)
    own, other = recorded.messages(database)
    assert {own["phone_id"], other["phone_id"]} == {PHONE, OTHER_PHONE}
    assert own["whatsapp_id"] == other["whatsapp_id"]
    assert own["conversation_id"] != other["conversation_id"]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_one_of_two_copies_is_the_first(database: Database, gather: recorded.Gather) -> None:
    copies = [message(serialized=IN_GROUP, chat=GROUP, phone=p) for p in (OTHER_PHONE, PHONE)]
    gather(database, *copies)
    assert [event["data"]["first_copy"] for event in recorded.events(database)] == [True, False]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_a_copy_that_was_spoken_of_before_is_not_the_first_for_that(
    database: Database, gather: recorded.Gather
) -> None:
    gather(
        database,
        acks(bodies.reaction(IN_GROUP, "👍"), phone=OTHER_PHONE),
        message(serialized=IN_GROUP, chat=GROUP, phone=PHONE),
        message(serialized=IN_GROUP, chat=GROUP, phone=OTHER_PHONE),
    )
    told = recorded.events(database, "message.received")
    assert [event["data"]["first_copy"] for event in told] == [True, False]


def test_the_same_key_in_another_chat_is_no_copy(database: Database) -> None:
    recorded.each(database, message("3EB0A1"), message("3EB0A1", chat="15550100012@c.us"))
    assert len(recorded.messages(database)) == 2
    assert [event["data"]["first_copy"] for event in recorded.events(database)] == [True, True]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_content_fills_what_was_known_by_its_acks(
    database: Database, gather: recorded.Gather
) -> None:
    name = bodies.whatsapp_id("3EB0A1", from_me=True)
    gather(
        database,
        acks(ack("seen", rxid=name, at=SENT + 5)),
        message("3EB0A1", from_me=True, text="said"),
    )
    [shown] = recorded.messages(database)
    assert (shown["text"], shown["status"]) == ("said", "seen")
    assert shown["sent_at"] == "2023-11-14T22:13:20Z"
    assert [event["type"] for event in recorded.events(database)] == [
        "message.ack",
        "message.sent",
    ]


def test_a_message_of_the_oldest_form_has_no_id_and_is_stored_once(database: Database) -> None:
    body = payloads.body("message-text-seed-era")
    event = payloads.load("message-text-seed-era") | {"reply": "https://api.example.invalid/"}
    receipts = recorded.each(database, body, body, payloads.dump(event))
    assert [receipt.status for receipt in receipts] == ["stored", "duplicate", "stored"]
    assert [receipt.events for receipt in receipts] == [1, 0, 0]
    [shown] = recorded.messages(database)
    assert shown["whatsapp_id"] is shown["msg_id"] is None
    assert shown["text"] == "hello"


def test_the_same_words_without_an_id_at_another_time_are_said_twice(database: Database) -> None:
    event = payloads.load("message-text-seed-era")
    later = event | {"timestamp": event["timestamp"] + 1}
    recorded.batch(database, payloads.dump(event), payloads.dump(later))
    assert [shown["text"] for shown in recorded.messages(database)] == ["hello", "hello"]


def test_a_message_without_a_phone_is_stored(database: Database) -> None:
    recorded.batch(database, message(phone=None))
    [shown] = recorded.messages(database)
    assert (shown["phone_id"], shown["text"]) == (None, "hello")


def test_a_message_without_a_time_has_its_place_by_its_receipt(database: Database) -> None:
    recorded.batch(database, message("3EB0A1", at=None))
    [shown] = recorded.messages(database)
    assert shown["sent_at"] is None
    [row] = recorded.rows(database, "SELECT at FROM messages")
    assert row["at"] == recorded.NOW


def test_a_time_in_the_future_is_shown_but_holds_no_place_there(database: Database) -> None:
    recorded.batch(database, message("3EB0A1", at=4_000_000_000))
    [shown] = recorded.messages(database)
    assert shown["sent_at"] == "2096-10-02T07:06:40Z"
    [row] = recorded.rows(database, "SELECT at FROM messages")
    assert row["at"] == recorded.NOW


def test_each_sample_is_shown_with_its_object_as_it_came(database: Database) -> None:
    with open_writer(database) as connection:
        for name in payloads.NAMES:
            if name.startswith("message-"):
                recorded.forget_everything(connection)
                recorded.commit(connection, [payloads.body(name)])
                [shown] = recorded.messages(database)
                told = payloads.load(name)
                assert shown["payload"] == told["message"], name
                assert shown["type"] == told["message"]["type"], name
                assert shown["chat_id"] == told["conversation"], name
