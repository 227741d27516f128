"""Two rows that turn out to be one message become one, and nothing told of either is lost."""

from __future__ import annotations

import pytest

from receiver.store.database import Database
from tests import bodies
from tests.bodies import CHAT, PHONE, SENT, UUID, ack, acks
from tests.store import recorded, sends

WHATSAPP_ID = bodies.whatsapp_id("3EB0A1", from_me=True)
BY_MSG_ID = acks(ack("played", msg_id=UUID, at=SENT), ack("deleted", msg_id=UUID, at=SENT + 9))
BY_WHATSAPP_ID = acks(
    ack("reached", rxid=WHATSAPP_ID, at=SENT),
    ack("deleted", rxid=WHATSAPP_ID, at=SENT + 3),
    bodies.reaction(WHATSAPP_ID, "👍"),
    bodies.tally(WHATSAPP_ID, votes=2),
)
BY_BOTH = acks(ack("seen", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT))


@pytest.mark.parametrize(
    "told", [(BY_MSG_ID, BY_WHATSAPP_ID), (BY_WHATSAPP_ID, BY_MSG_ID)], ids=["msgId", "rxid"]
)
def test_two_rows_that_an_ack_joins_become_one(
    database: Database, told: tuple[bytes, bytes]
) -> None:
    recorded.each(database, *told)
    assert len(recorded.messages(database)) == 2

    recorded.batch(database, BY_BOTH)

    [message] = recorded.messages(database)
    assert (message["msg_id"], message["whatsapp_id"]) == (UUID, WHATSAPP_ID)
    assert message["status"] == "played"
    assert message["deleted_at"] == "2023-11-14T22:13:23Z"
    assert sorted(a["type"] for a in message["acks"]) == [
        "deleted",
        "deleted",
        "played",
        "reached",
        "seen",
    ]
    assert [reaction["emoji"] for reaction in message["reactions"]] == ["👍"]
    assert message["poll"]["options"][0]["votes"] == 2


def test_who_knows_an_old_number_still_finds_the_message(database: Database) -> None:
    recorded.each(database, BY_MSG_ID, BY_WHATSAPP_ID, BY_BOTH)
    [message] = recorded.messages(database)
    named = {event["message_id"] for event in recorded.events(database)}
    assert len(named) == 2
    for number in named:
        assert recorded.message(database, number) == message


def test_an_old_number_of_an_old_number_is_found(database: Database) -> None:
    recorded.each(
        database,
        bodies.bare_acks(ack("seen", msg_id=UUID)),
        bodies.bare_acks(ack("seen", rxid=WHATSAPP_ID)),
        bodies.bare_acks(ack("seen", msg_id=UUID, rxid=WHATSAPP_ID)),
        bodies.message(serialized=WHATSAPP_ID, from_me=True),
    )
    [message] = recorded.messages(database)
    assert message["status"] == "seen"
    named = {event["message_id"] for event in recorded.events(database)}
    assert len(named) == 3
    assert all(recorded.message(database, number) == message for number in named)


def test_what_both_rows_were_told_is_kept_once(database: Database) -> None:
    recorded.each(
        database,
        acks(ack("seen", msg_id=UUID, at=SENT)),
        acks(ack("seen", rxid=WHATSAPP_ID, at=SENT)),
        acks(ack("seen", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT)),
    )
    [message] = recorded.messages(database)
    assert len(message["acks"]) == 1
    assert [event["data"]["advanced"] for event in recorded.events(database)] == [True, True]
    assert recorded.count(database, "acks") == 1


def test_the_row_with_content_is_the_one_that_stays(database: Database) -> None:
    recorded.each(
        database,
        BY_MSG_ID,
        bodies.message(serialized=WHATSAPP_ID, from_me=True, text="said"),
        BY_BOTH,
    )
    [message] = recorded.messages(database)
    said, joined = recorded.events(database)[-2:]
    assert message["id"] == said["message_id"] == joined["message_id"]
    assert (message["text"], message["status"]) == ("said", "played")
    assert recorded.conversation(database, CHAT, PHONE)["last_message_id"] == message["id"]


def test_a_failure_survives_the_joining(database: Database) -> None:
    recorded.each(
        database,
        acks(ack("zzz", rxid=WHATSAPP_ID, at=SENT)),
        bodies.failure(UUID, code="F04"),
        acks(ack("zzz", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT)),
    )
    [message] = recorded.messages(database)
    assert (message["status"], message["error"]["code"]) == ("failed", "F04")


def test_a_row_that_is_gone_is_found_no_longer(database: Database) -> None:
    call = sends.called(database)
    recorded.each(database, bodies.message(serialized=WHATSAPP_ID, from_me=True))
    recorded.index(database)
    assert recorded.count(database, "message_words") == 2

    assert sends.accepted(database, call, WHATSAPP_ID)

    [message] = recorded.messages(database)
    [kept] = recorded.rows(database, "SELECT rowid FROM message_words")
    assert kept["rowid"] == message["id"]


def test_rows_of_one_batch_are_joined_before_anyone_saw_them(database: Database) -> None:
    recorded.batch(database, BY_MSG_ID, BY_WHATSAPP_ID, BY_BOTH)
    [message] = recorded.messages(database)
    assert (message["status"], len(message["acks"])) == ("played", 5)
    assert {event["message_id"] for event in recorded.events(database)} == {message["id"]}
    assert recorded.count(database, "merged_messages") == 0


def test_acks_without_a_phone_join_the_message_of_one(database: Database) -> None:
    recorded.each(
        database,
        bodies.bare_acks(ack("seen", rxid=WHATSAPP_ID), bodies.reaction(WHATSAPP_ID, "👍")),
        bodies.message(serialized=WHATSAPP_ID, from_me=True),
    )
    [message] = recorded.messages(database)
    assert (message["phone_id"], message["status"]) == (PHONE, "seen")
    assert len(message["reactions"]) == 1


def test_an_ack_that_is_repeated_after_the_joining_is_no_news(database: Database) -> None:
    recorded.each(database, BY_MSG_ID, BY_WHATSAPP_ID, BY_BOTH)
    by_the_other_name = acks(ack("reached", msg_id=UUID, at=SENT))
    [receipt] = recorded.batch(database, by_the_other_name)
    assert (receipt.status, receipt.events) == ("stored", 0)
