"""Which message is meant: by msgId, by WhatsApp's id, by both, with a phone or without."""

from __future__ import annotations

import gc
import random
import time
from itertools import permutations

import pytest

from receiver.store.database import Database, open_writer
from tests import bodies
from tests.bodies import CHAT, GROUP, OTHER_PHONE, OTHER_UUID, PHONE, SENT, UUID, ack, acks
from tests.store import disorder, recorded, sends
from tests.store.stories import Acks, Entry, Failure, Subject, Told, Version

WHATSAPP_ID = bodies.whatsapp_id("3EB0A1", from_me=True)
SAID = bodies.message(serialized=WHATSAPP_ID, from_me=True)

BY_API = Subject("3EB0A1", PHONE, CHAT, True, msg_id=UUID)
BY_HAND = Subject("3EB0A1", PHONE, CHAT, True, has_bare_acks=True)


@pytest.mark.parametrize(
    "names",
    [
        {"rxid": WHATSAPP_ID},
        {"msg_id": WHATSAPP_ID, "rxid": WHATSAPP_ID},
        {"msg_id": WHATSAPP_ID},
        {"msg_id": UUID, "rxid": WHATSAPP_ID},
        {"msg_id": "3EB0A1"},
    ],
    ids=["rxid", "both are WhatsApp's", "msgId is WhatsApp's", "both", "a bare key"],
)
@pytest.mark.parametrize("phone", [PHONE, None], ids=["phone", "no phone"])
def test_an_ack_finds_its_message_before_or_after(
    database: Database, names: dict[str, str], phone: str | None
) -> None:
    told = [acks(ack("seen", at=SENT, **names), phone=phone), SAID]
    with open_writer(database) as connection:
        for order in (told, told[::-1]):
            recorded.forget_everything(connection)
            for body in order:
                recorded.commit(connection, [body])
            [message] = recorded.messages(database)
            assert (message["status"], message["type"]) == ("seen", "text")
            assert (message["phone_id"], message["chat_id"]) == (PHONE, CHAT)
            for name in names.values():
                assert recorded.message(database, name)["id"] == message["id"]


def test_both_names_at_once_teach_that_they_are_one(database: Database) -> None:
    recorded.each(
        database,
        SAID,
        acks(ack("delivered", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT)),
        acks(ack("seen", msg_id=UUID, at=SENT)),
        acks(ack("reached", rxid=WHATSAPP_ID, at=SENT)),
    )
    [message] = recorded.messages(database)
    assert (message["msg_id"], message["whatsapp_id"]) == (UUID, WHATSAPP_ID)
    assert (message["status"], len(message["acks"])) == ("seen", 3)


def test_a_message_that_nobody_told_of_is_known_by_its_acks(database: Database) -> None:
    recorded.batch(database, acks(ack("seen", msg_id=UUID, at=SENT)))
    [message] = recorded.messages(database)
    assert message["type"] is message["text"] is message["sent_at"] is message["sender"] is None
    assert (message["direction"], message["status"]) == ("outgoing", "seen")
    assert (message["msg_id"], message["whatsapp_id"]) == (UUID, None)
    assert message["payload"] == {}
    assert message["received_at"] == "2027-01-15T08:00:00Z"


def test_a_message_keeps_its_number_when_it_turns_up(database: Database) -> None:
    recorded.batch(database, acks(ack("seen", rxid=WHATSAPP_ID, at=SENT)))
    [before] = recorded.messages(database)
    recorded.batch(database, SAID)
    [after] = recorded.messages(database)
    assert after["id"] == before["id"]
    assert [event["message_id"] for event in recorded.events(database)] == 2 * [after["id"]]


def test_a_reaction_to_what_others_said_makes_no_outgoing_message(database: Database) -> None:
    theirs = bodies.whatsapp_id("3EB0A1", GROUP, by="15550100012@c.us")
    recorded.batch(database, acks(bodies.reaction(theirs, "👍")))
    [message] = recorded.messages(database)
    assert (message["direction"], message["status"]) == ("incoming", None)
    assert message["chat_id"] == GROUP


def test_the_chat_is_the_one_in_whatsapps_id(database: Database) -> None:
    """For polls `chatId` names a person although the poll is in a group."""
    poll = bodies.whatsapp_id("3EB0A1", GROUP, from_me=True)
    recorded.batch(database, acks(ack("seen", rxid=poll, chat=CHAT, at=SENT)))
    assert recorded.message(database, poll)["chat_id"] == GROUP


def test_the_acks_of_another_phone_are_of_another_copy(database: Database) -> None:
    recorded.each(
        database,
        SAID,
        acks(ack("seen", rxid=WHATSAPP_ID, at=SENT), phone=OTHER_PHONE),
        acks(ack("reached", rxid=WHATSAPP_ID, at=SENT), phone=PHONE),
    )
    own, other = recorded.messages(database)
    assert (own["phone_id"], own["status"], own["type"]) == (PHONE, "reached", "text")
    assert (other["phone_id"], other["status"], other["type"]) == (OTHER_PHONE, "seen", None)


def test_a_bare_key_of_another_chat_is_another_message(database: Database) -> None:
    recorded.each(
        database, SAID, acks(ack("seen", msg_id="3EB0A1", chat="15550100099@c.us", at=SENT))
    )
    assert [message["status"] for message in recorded.messages(database)] == [None, "seen"]


def test_a_phone_is_learnt_from_a_later_ack(database: Database) -> None:
    recorded.each(
        database,
        bodies.bare_acks(ack("seen", msg_id=UUID)),
        acks(ack("played", msg_id=UUID, at=SENT)),
    )
    [message] = recorded.messages(database)
    assert (message["phone_id"], message["status"]) == (PHONE, "played")
    conversation = recorded.conversation(database, CHAT, PHONE)
    assert message["conversation_id"] == conversation["id"]


def test_a_chat_is_learnt_from_a_later_ack(database: Database) -> None:
    recorded.each(
        database,
        acks(ack("seen", msg_id=UUID, chat=None, at=SENT)),
        acks(ack("played", msg_id=UUID, chat=CHAT, at=SENT)),
    )
    [message] = recorded.messages(database)
    assert message["chat_id"] == CHAT


def test_two_messages_of_one_batch_stay_two(database: Database) -> None:
    recorded.batch(
        database,
        acks(ack("seen", msg_id=UUID, at=SENT), ack("reached", msg_id=OTHER_UUID, at=SENT)),
        acks(ack("delivered", msg_id=OTHER_UUID, at=SENT)),
    )
    statuses = {message["msg_id"]: message["status"] for message in recorded.messages(database)}
    assert statuses == {UUID: "seen", OTHER_UUID: "reached"}


def test_names_come_together_within_one_array(database: Database) -> None:
    for number, order in enumerate(permutations(range(3))):
        msg_id = f"a000000{number}-0001-11ee-8001-000000000001"
        rxid = bodies.whatsapp_id(f"3EB0{number}", from_me=True)
        entries = [
            ack("delivered", msg_id=msg_id, at=SENT),
            ack("reached", rxid=rxid, at=SENT),
            ack("seen", msg_id=msg_id, rxid=rxid, at=SENT),
        ]
        recorded.batch(database, acks(*(entries[number] for number in order)))
        message = recorded.message(database, msg_id)
        assert message == recorded.message(database, rxid), order
        assert (message["status"], len(message["acks"])) == ("seen", 3)
        told = {event["message_id"] for event in recorded.events(database)[-3:]}
        assert told == {message["id"]}


def test_a_message_of_a_bare_key_is_itself_after_an_ack_named_it_in_full(
    database: Database,
) -> None:
    recorded.each(
        database,
        bodies.message(serialized="3EB0A1", from_me=True),
        acks(ack("seen", rxid=WHATSAPP_ID, at=SENT)),
        bodies.message(serialized="3EB0A1", from_me=True, text="edited", at=SENT + 1),
    )
    [message] = recorded.messages(database)
    assert (message["text"], message["status"]) == ("edited", "seen")


RUMOURS: dict[str, list[Told]] = {
    "deleted at two times": [
        Acks(None, False, (Entry(BY_API, "msg_id", False, "ack", "deleted", SENT + 2),)),
        Acks(None, True, (Entry(BY_API, "whatsapp_id", True, "ack", "deleted", SENT + 1),)),
        Acks(None, False, (Entry(BY_API, "both", False, "ack", "seen", SENT),)),
    ],
    "a phone for one name": [
        Acks(None, True, (Entry(BY_API, "msg_id", False, "ack", "delivered", None),)),
        Acks(PHONE, False, (Entry(BY_API, "whatsapp_id", True, "ack", "reached", SENT),)),
        Acks(None, True, (Entry(BY_API, "both", False, "ack", "seen", None),)),
    ],
    "a phone for the other name": [
        Acks(PHONE, False, (Entry(BY_API, "msg_id", True, "ack", "delivered", SENT),)),
        Acks(None, True, (Entry(BY_API, "whatsapp_id", False, "ack", "reached", None),)),
        Acks(None, True, (Entry(BY_API, "both", False, "ack", "seen", None),)),
    ],
    "the message, two names and both": [
        Version(BY_API, SENT, "Ann"),
        Acks(PHONE, False, (Entry(BY_API, "msg_id", False, "ack", "played", SENT),)),
        Acks(None, True, (Entry(BY_API, "whatsapp_id", False, "ack", "reached", None),)),
        Acks(None, False, (Entry(BY_API, "both", False, "reaction", (CHAT, "👍"), SENT),)),
    ],
    "a failure, a tick and the message": [
        Failure(BY_API, "F04"),
        Version(BY_API, SENT, None),
        Acks(PHONE, False, (Entry(BY_API, "both", False, "ack", "delivered", SENT),)),
    ],
    "bare keys": [
        Acks(None, True, (Entry(BY_HAND, "bare", False, "ack", "seen", None),)),
        Acks(PHONE, False, (Entry(BY_HAND, "whatsapp_id", False, "ack", "reached", SENT),)),
        Acks(None, True, (Entry(BY_HAND, "bare", True, "poll", 1, SENT),)),
        Version(BY_HAND, SENT, None),
    ],
}


@pytest.mark.parametrize("rumour", RUMOURS)
def test_names_come_together_in_any_order_and_grouping(database: Database, rumour: str) -> None:
    disorder.exhaust(database, *RUMOURS[rumour])


def test_of_a_bare_key_and_the_whole_id_the_whole_id_is_meant(database: Database) -> None:
    call = sends.called(database)
    recorded.batch(database, acks(ack("seen", msg_id=UUID, rxid="3EB0A1", at=SENT)))
    sends.accepted(database, call, WHATSAPP_ID)
    recorded.batch(database, acks(ack("reached", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT)))
    [message] = recorded.messages(database)
    assert (message["id"], message["msg_id"]) == (call.message_id, UUID)
    assert (message["status"], len(message["acks"])) == ("seen", 2)


def test_a_name_that_one_message_leaves_can_be_another_s_in_the_same_array(
    database: Database,
) -> None:
    sends.accepted(database, sends.called(database), "3EB0A1")
    full = ack("seen", rxid=WHATSAPP_ID, chat=None)
    bare = ack("reached", msg_id="3EB0A1", chat=GROUP)
    receipts = recorded.each(
        database, acks(ack("delivered", rxid="3EB0A1")), bodies.bare_acks(full, bare)
    )
    assert [receipt.status for receipt in receipts] == ["stored", "stored"]
    assert {it["status"]: it["whatsapp_id"] for it in recorded.messages(database)} == {
        "reached": "3EB0A1",
        "seen": WHATSAPP_ID,
    }


@pytest.mark.parametrize("gather", [recorded.batch, recorded.each])
def test_messages_of_two_phones_are_never_joined(
    database: Database, gather: recorded.Gather
) -> None:
    gather(
        database,
        acks(ack("seen", rxid=WHATSAPP_ID, at=SENT)),
        acks(ack("reached", msg_id=UUID, at=SENT), phone=OTHER_PHONE),
        acks(ack("delivered", msg_id=UUID, at=SENT)),
        acks(ack("played", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT), phone=None),
    )
    assert [
        (message["phone_id"], [one["type"] for one in message["acks"]])
        for message in recorded.messages(database)
    ] == [(PHONE, ["seen"]), (OTHER_PHONE, ["played", "reached"]), (PHONE, ["delivered"])]


NAMESAKES = {
    "by the phone that is learnt": [
        bodies.message(serialized=WHATSAPP_ID, from_me=True, phone=None, text="old"),
        bodies.message(serialized=WHATSAPP_ID, from_me=True),
        acks(ack("reached", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT), phone=None),
        bodies.failure(UUID, chat=None),
        acks(ack("seen", msg_id=UUID, chat=None, at=SENT)),
    ],
    "by the chat that is learnt": [
        acks(ack("seen", msg_id=UUID, at=SENT)),
        acks(ack("delivered", msg_id="3EB0A1", at=SENT)),
        acks(
            ack("reached", rxid=WHATSAPP_ID, at=SENT),
            ack("seen", msg_id=UUID, rxid="3EB0A1", chat=GROUP, at=SENT),
            phone=None,
        ),
        bodies.message(serialized=WHATSAPP_ID, from_me=True),
        acks(ack("played", rxid=WHATSAPP_ID, at=SENT)),
    ],
}


@pytest.mark.parametrize("gather", [recorded.batch, recorded.each])
@pytest.mark.parametrize("told", NAMESAKES.values(), ids=NAMESAKES)
def test_who_turns_out_to_have_the_names_of_another_is_joined_with_it(
    database: Database, gather: recorded.Gather, told: list[bytes]
) -> None:
    assert {receipt.status for receipt in gather(database, *told)} == {"stored"}
    assert recorded.message(database, WHATSAPP_ID)["phone_id"] == PHONE
    ticks = {one["type"] for it in recorded.messages(database) for one in it["acks"]}
    assert ticks == {one for one in ("delivered", "reached", "seen", "played") if one in str(told)}


def test_the_longest_ids_are_kept_and_found(database: Database) -> None:
    """An index holds 2,704 bytes on PostgreSQL: 255 characters of four bytes twice, if random."""
    noise = random.Random(17)
    long = ["".join(chr(noise.randrange(0x10000, 0x1FFFF)) for _ in range(255)) for _ in range(6)]
    phone, chat, msg_id, key, reactor, kind = long
    live = bodies.live(kind, chat=chat, phone=phone)
    said = bodies.message(serialized=key, chat=chat, phone=phone)
    entries = (
        ack(kind, msg_id=msg_id, rxid=key, chat=chat),
        ack(None, msg_id=msg_id, rxid=key, chat=chat, reaction=kind, reactorId=reactor),
    )
    receipts = recorded.batch(
        database, said, acks(*entries, phone=phone), live, bodies.status(kind, phone=phone)
    )
    assert [receipt.status for receipt in receipts] == ["stored"] * 4
    message = recorded.message(database, msg_id)
    assert message == recorded.message(database, key)
    assert message["reactions"][0]["reactor_id"] == reactor
    assert message["acks"][0]["type"] == kind.lower()


def test_an_array_that_joins_names_takes_as_long_as_it_is(on_sqlite: Database) -> None:
    """The whole database waits for the transaction that it is recorded in."""
    few, many = (_seconds_to_join(on_sqlite, pairs) for pairs in (400, 3200))
    assert many / few < 8 * 3


def _seconds_to_join(database: Database, pairs: int) -> float:
    names = [
        (f"a{pairs:07x}-{number:04x}-11ee-8001-000000000001", f"3EB0{pairs:06}{number:06}")
        for number in range(pairs)
    ]
    ids = [(msg_id, bodies.whatsapp_id(key, from_me=True)) for msg_id, key in names]
    told = [
        *(ack("delivered", msg_id=msg_id) for msg_id, _ in ids),
        *(ack("delivered", rxid=rxid) for _, rxid in ids),
        *(ack("reached", msg_id=msg_id, rxid=rxid) for msg_id, rxid in ids),
    ]
    body = acks(*told)
    gc.collect()
    gc.disable()  # it looks through all that the tests before have left
    begun = time.thread_time()
    recorded.batch(database, body)
    took = time.thread_time() - begun
    gc.enable()
    assert recorded.count(database, "messages") >= pairs
    return took
