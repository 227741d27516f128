"""Acks, reactions, tallies and failures: once each, and the same end in any order."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest

from receiver.store.database import Database, open_writer
from tests import bodies
from tests.bodies import SENT, UUID, ack, acks
from tests.store import recorded

LADDER = ("delivered", "reached", "seen", "played")
WHATSAPP_ID = bodies.whatsapp_id("3EB0A1", from_me=True)


def test_acks_in_any_order_end_in_the_highest(database: Database) -> None:
    with open_writer(database) as connection:
        for number, order in enumerate(permutations(LADDER)):
            msg_id = _uuid(number)
            for at, kind in enumerate(order + order[::-1], SENT):
                recorded.commit(connection, [acks(ack(kind, msg_id=msg_id, at=at))])
            assert recorded.message(database, msg_id)["status"] == "played", order


def test_no_ack_takes_a_status_back(database: Database) -> None:
    with open_writer(database) as connection:
        for number, order in enumerate(permutations(LADDER)):
            told = [acks(ack(kind, msg_id=_uuid(number), at=SENT)) for kind in order]
            recorded.commit(connection, told)
    events = recorded.events(database)
    for number, order in enumerate(permutations(LADDER)):
        expected, status = [], ""
        for kind in order:
            highest = max(kind, status, key=("", *LADDER).index)
            expected.append({"type": kind, "status": highest, "advanced": highest != status})
            status = highest
        shown = [event["data"] for event in events[4 * number : 4 * number + 4]]
        assert shown == expected, order


def test_acks_of_one_array_are_taken_like_acks_of_two(database: Database) -> None:
    pairs = [*product(LADDER, repeat=2)]
    arrays = [
        acks(*(ack(kind, msg_id=_uuid(number), at=SENT) for kind in pair))
        for number, pair in enumerate(pairs)
    ]
    recorded.batch(database, *arrays)
    for number, pair in enumerate(pairs):
        shown = recorded.message(database, _uuid(number))
        assert shown["status"] == max(pair, key=LADDER.index), pair
        assert [a["type"] for a in shown["acks"]] == sorted(set(pair))


def test_an_ack_that_was_told_is_no_news_in_another_array(database: Database) -> None:
    seen = ack("seen", msg_id=UUID, at=SENT)
    played = ack("played", msg_id=UUID, at=SENT + 5)
    receipts = recorded.each(database, acks(seen), acks(seen, played), acks(seen, seen, played))

    assert [receipt.events for receipt in receipts] == [1, 1, 0]
    assert {receipt.status for receipt in receipts} == {"stored"}
    assert recorded.count(database, "acks") == 2


def test_repeated_entries_of_one_batch_are_one_ack(database: Database) -> None:
    seen = ack("seen", msg_id=UUID, at=SENT)
    receipts = recorded.batch(database, acks(seen, seen), acks(seen, ack("seen", msg_id=UUID)))
    assert [receipt.events for receipt in receipts] == [1, 1]
    assert recorded.count(database, "acks") == 2


def test_an_ack_of_another_time_is_kept_and_advances_nothing(database: Database) -> None:
    recorded.each(
        database,
        acks(ack("seen", msg_id=UUID, at=SENT)),
        acks(ack("seen", msg_id=UUID, at=SENT - 60)),
    )
    shown = recorded.message(database, UUID)["acks"]
    assert [a["at"] for a in shown] == ["2023-11-14T22:12:20Z", "2023-11-14T22:13:20Z"]
    assert [event["data"]["advanced"] for event in recorded.events(database)] == [True, False]


def test_an_ack_event_names_the_message_and_its_place(database: Database) -> None:
    recorded.batch(database, acks(ack("seen", rxid=WHATSAPP_ID, at=SENT)))
    [event] = recorded.events(database)
    message = recorded.message(database, WHATSAPP_ID)
    assert event["type"] == "message.ack"
    assert event["message_id"] == message["id"]
    assert event["conversation_id"] == message["conversation_id"]
    assert event["phone_id"] == bodies.PHONE


def test_an_ack_is_kept_by_its_type_else_by_its_code(database: Database) -> None:
    kinds: list[tuple[dict[str, Any], str]] = [
        ({"ackType": "DELIVERED"}, "delivered"),
        ({"ackCode": 3}, "seen"),
        ({"ackCode": "4"}, "played"),
        ({"ackCode": 99}, "unknown"),
        ({"ackType": "edited_by_admin", "ackCode": 3}, "edited_by_admin"),
        ({}, "unknown"),
    ]
    for number, (fields, kind) in enumerate(kinds):
        told = acks(ack(None, msg_id=_uuid(number), at=SENT, **fields))
        [receipt] = recorded.batch(database, told)
        assert (receipt.status, receipt.events) == ("stored", 1)
        [shown] = recorded.message(database, _uuid(number))["acks"]
        assert shown["type"] == kind


def test_kinds_that_nobody_knows_move_nothing(database: Database) -> None:
    recorded.batch(database, acks(ack("reached", msg_id=UUID, at=SENT)))
    recorded.batch(
        database,
        acks(ack("zzz", msg_id=UUID, at=SENT + 1), ack(None, msg_id=UUID, at=SENT + 2)),
    )
    shown = recorded.message(database, UUID)
    assert shown["status"] == "reached"
    assert [a["type"] for a in shown["acks"]] == ["reached", "zzz", "unknown"]
    assert [event["data"] for event in recorded.events(database)][1:] == [
        {"type": "zzz", "status": "reached", "advanced": False},
        {"type": "unknown", "status": "reached", "advanced": False},
    ]


def test_a_deletion_stands_beside_the_ladder(database: Database) -> None:
    for number, order in enumerate(permutations(("seen", "deleted", "reached"))):
        told = (acks(ack(kind, msg_id=_uuid(number), at=SENT)) for kind in order)
        recorded.each(database, *told)
        shown = recorded.message(database, _uuid(number))
        assert (shown["status"], shown["deleted_at"]) == ("seen", "2023-11-14T22:13:20Z"), order


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_a_message_was_deleted_when_that_was_told_to_be_first(
    database: Database, gather: recorded.Gather
) -> None:
    for number, order in enumerate(permutations((SENT, SENT + 1, SENT + 2))):
        gather(database, *(acks(ack("deleted", msg_id=_uuid(number), at=at)) for at in order))
        shown = recorded.message(database, _uuid(number))
        assert shown["deleted_at"] == "2023-11-14T22:13:20Z", order


def test_a_deletion_without_a_time_was_when_it_came(database: Database) -> None:
    recorded.batch(database, acks(ack("deleted", msg_id=UUID)))
    assert recorded.message(database, UUID)["deleted_at"] == "2027-01-15T08:00:00Z"


def test_a_send_that_failed_is_shown_with_its_error(database: Database) -> None:
    recorded.batch(database, bodies.failure(UUID, code="F04", chat="+15550100011"))
    shown = recorded.message(database, UUID)
    assert shown["status"] == "failed"
    assert shown["error"] == {"code": "F04", "message": "Options are required."}
    assert (shown["direction"], shown["type"]) == ("outgoing", None)
    assert (shown["phone_id"], shown["chat_id"]) == (bodies.PHONE, bodies.CHAT)
    [event] = recorded.events(database)
    assert event["type"] == "message.failed"
    assert event["data"] == shown["error"]
    assert event["message_id"] == shown["id"]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_a_tick_outweighs_a_failure_and_both_are_told(
    database: Database, gather: recorded.Gather
) -> None:
    for number, (kind, failed_first) in enumerate(product(LADDER, (True, False))):
        msg_id = _uuid(number)
        told = [bodies.failure(msg_id), acks(ack(kind, msg_id=msg_id, at=SENT))]
        receipts = gather(database, *(told if failed_first else told[::-1]))
        shown = recorded.message(database, msg_id)
        assert (shown["status"], shown["error"]) == (kind, None), failed_first
        assert [receipt.events for receipt in receipts] == [1, 1]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_of_two_failures_one_is_shown_in_either_order(
    database: Database, gather: recorded.Gather
) -> None:
    codes = [("F04", "W05"), ("W05", "F04")]
    for number, order in enumerate(codes):
        gather(database, *(bodies.failure(_uuid(number), code=code) for code in order))
    shown = [recorded.message(database, _uuid(number))["error"] for number in range(2)]
    assert shown[0] == shown[1]
    assert len(recorded.events(database, "message.failed")) == 4


def test_a_failure_that_was_told_is_no_news_in_other_bytes(database: Database) -> None:
    again = bodies.event(
        "error", bodies.PHONE, code="F04", message="Options are required.", data={"id": UUID}
    )
    receipts = recorded.each(database, bodies.failure(UUID), again)
    assert [receipt.events for receipt in receipts] == [1, 0]


def test_of_one_person_the_latest_reaction_counts(database: Database) -> None:
    person, other = "15550100011@c.us", "15550100012@c.us"
    told = [
        ("👍", person, SENT),
        ("😮", person, SENT + 1),
        ("❤", other, SENT),
        ("", other, SENT + 1),
    ]
    orders = [*permutations(told)]
    with open_writer(database) as connection:
        for number, order in enumerate(orders):
            name = bodies.whatsapp_id(f"3EB0{number}")
            reactions = [bodies.reaction(name, emoji, by=by, at=at) for emoji, by, at in order]
            recorded.commit(connection, [acks(one) for one in reactions[:2]])
            recorded.commit(connection, [acks(*reactions[2:])])
            assert recorded.message(database, name)["reactions"] == [
                {"emoji": "😮", "reactor_id": person, "at": "2023-11-14T22:13:21Z"}
            ], order
    assert len(recorded.events(database, "message.reaction")) == 4 * len(orders)


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_a_late_reaction_is_told_to_be_late(database: Database, gather: recorded.Gather) -> None:
    other = "15550100012@c.us"
    first = bodies.reaction(WHATSAPP_ID, "👍", at=SENT)
    told = [
        (bodies.reaction(WHATSAPP_ID, "😮", at=SENT + 5), True),
        (first, False),
        (bodies.reaction(WHATSAPP_ID, "❤", at=SENT, by=other), True),
        (bodies.reaction(WHATSAPP_ID, "", at=SENT + 9), True),
        (bodies.reaction(WHATSAPP_ID, "👍", at=SENT + 7), False),
        (bodies.reaction(bodies.whatsapp_id("3EB0B"), "👍", at=SENT), True),
    ]
    gather(database, *(acks(one) for one, _ in told), acks(first, first))
    events = recorded.events(database, "message.reaction")
    assert [event["data"]["advanced"] for event in events] == [new for _, new in told]


@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_a_late_tally_is_told_to_be_late(database: Database, gather: recorded.Gather) -> None:
    told = [(2, SENT + 2, True), (1, SENT + 1, False), (3, SENT + 3, True), (0, None, False)]
    gather(database, *(acks(bodies.tally(WHATSAPP_ID, votes, at=at)) for votes, at, _ in told))
    events = recorded.events(database, "message.poll")
    assert [event["data"]["advanced"] for event in events] == [new for _, _, new in told]
    assert [event["data"]["options"][0]["votes"] for event in events] == [2, 1, 3, 0]


def test_a_reaction_is_an_event_once(database: Database) -> None:
    reaction = bodies.reaction(WHATSAPP_ID, "👍")
    receipts = recorded.each(database, acks(reaction), acks(reaction, reaction))
    assert [receipt.events for receipt in receipts] == [1, 0]
    [event] = recorded.events(database)
    assert event["type"] == "message.reaction"
    assert event["data"] == {"emoji": "👍", "reactor_id": bodies.CHAT, "advanced": True}
    assert recorded.message(database, WHATSAPP_ID)["status"] is None


def test_the_latest_tally_of_a_poll_counts(database: Database) -> None:
    for number, order in enumerate(permutations(range(3))):
        name = bodies.whatsapp_id(f"3EB0{number}")
        tallies = [bodies.tally(name, votes=votes, at=SENT + votes) for votes in order]
        recorded.each(database, *(acks(tally) for tally in tallies))
        poll = {"text": "well?", "options": [{"id": 0, "name": "yes", "votes": 2}]}
        assert recorded.message(database, name)["poll"] == poll, order
        told = recorded.events(database, "message.poll")[-3:]
        assert [event["data"]["options"][0]["votes"] for event in told] == list(order)


def test_a_tally_is_an_event_once(database: Database) -> None:
    tally = bodies.tally(WHATSAPP_ID, votes=1)
    receipts = recorded.each(database, acks(tally), acks(tally, tally))
    assert [receipt.events for receipt in receipts] == [1, 0]


def test_of_a_mixed_array_each_entry_is_told_in_its_place(database: Database) -> None:
    [receipt] = recorded.batch(
        database,
        acks(
            ack("seen", msg_id=UUID, at=SENT),
            bodies.reaction(WHATSAPP_ID, "👍"),
            bodies.tally(WHATSAPP_ID, votes=1),
            ack(None, msg_id=UUID, at=SENT),
        ),
    )
    assert receipt.events == 4
    assert [event["type"] for event in recorded.events(database)] == [
        "message.ack",
        "message.reaction",
        "message.poll",
        "message.ack",
    ]


def _uuid(number: int) -> str:
    return f"a{number:07}-0001-11ee-8001-000000000001"
