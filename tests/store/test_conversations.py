"""Summaries of chats: the same whatever the order in which their messages arrive."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from receiver.store.database import Database, open_writer
from tests import bodies
from tests.bodies import CHAT, GROUP, OTHER_PHONE, PHONE, SENT, acks, message
from tests.store import disorder, recorded
from tests.store.stories import Subject, Version


def test_the_kind_of_a_conversation_is_in_its_chat_id(database: Database) -> None:
    kinds = {
        CHAT: "person",
        "15550100011@s.whatsapp.net": "person",
        GROUP: "group",
        "100000000000001@lid": "hidden",
        "status@broadcast": "other",
        "120363000000000001@newsletter": "other",
    }
    recorded.batch(database, *(message(chat=chat) for chat in kinds))
    for chat, kind in kinds.items():
        assert recorded.conversation(database, chat, PHONE)["kind"] == kind, chat


def test_incoming_messages_are_unread_until_we_answer(database: Database) -> None:
    told = [
        message("3EB01", at=SENT),
        message("3EB02", at=SENT + 1),
        message("3EB03", at=SENT + 2, from_me=True),
        message("3EB04", at=SENT + 3),
    ]
    unread = []
    for body in told:
        recorded.batch(database, body)
        unread.append(_summary(database)["unread"])
    assert unread == [1, 2, 0, 1]


def test_a_summary_does_not_depend_on_the_order_of_arrival(database: Database) -> None:
    told = [
        message("3EB01", at=SENT, name="Ann"),
        message("3EB02", at=SENT + 1, from_me=True),
        message("3EB03", at=SENT + 2, name="Bob"),
        message("3EB04", at=SENT + 3),
    ]
    with open_writer(database) as connection:
        for order in permutations(told):
            for gathered in ([[*order]], [[body] for body in order]):
                recorded.forget_everything(connection)
                for batch in gathered:
                    recorded.commit(connection, batch)
                summary = _summary(database)
                assert (summary["unread"], summary["name"]) == (2, "Bob"), order
                assert summary["last_activity_at"] == (SENT + 3) * 1000
                assert _last_text(database) == "3EB04"


def test_several_answers_and_revisions_come_in_any_order_and_grouping(database: Database) -> None:
    theirs = Subject("3EB01", PHONE, CHAT, False)
    ours = Subject("3EB02", PHONE, CHAT, True)
    disorder.exhaust(
        database,
        Version(theirs, SENT, "Ann"),
        Version(ours, SENT + 60, None),
        Version(theirs, SENT + 120, "Bob"),
        Version(ours, SENT + 90, None),
    )


@pytest.mark.parametrize(
    ("order", "unread"), [((False, True), 0), ((True, False), 1)], ids=["answered", "asked"]
)
@pytest.mark.parametrize("gather", [recorded.each, recorded.batch])
def test_within_a_second_the_order_of_arrival_counts(
    database: Database, order: tuple[bool, bool], unread: int, gather: recorded.Gather
) -> None:
    gather(database, *(message(f"3EB0{n}", from_me=ours) for n, ours in enumerate(order)))
    assert _summary(database)["unread"] == unread
    assert _last_text(database) == "3EB01"


def test_a_late_message_is_not_the_last(database: Database) -> None:
    recorded.each(
        database, message("3EB02", at=SENT + 60), message("3EB01", at=SENT), message("3EB00")
    )
    assert _last_text(database) == "3EB02"
    assert _summary(database)["last_activity_at"] == (SENT + 60) * 1000
    assert _summary(database)["unread"] == 3


def test_an_answer_that_arrives_late_answers_only_what_was_before_it(database: Database) -> None:
    recorded.each(
        database,
        message("3EB01", at=SENT),
        message("3EB03", at=SENT + 2),
        message("3EB02", at=SENT + 1, from_me=True),
    )
    assert _summary(database)["unread"] == 1
    recorded.batch(database, message("3EB00", at=SENT - 1))
    assert _summary(database)["unread"] == 1


def test_what_is_said_about_messages_leaves_the_summary_alone(database: Database) -> None:
    recorded.batch(database, message("3EB01", at=SENT))
    before = _summary(database)
    ours = bodies.whatsapp_id("3EB02", from_me=True)
    recorded.batch(
        database,
        acks(
            bodies.reaction(bodies.whatsapp_id("3EB01"), "👍", at=SENT + 60),
            bodies.ack("seen", rxid=ours, at=SENT + 60),
        ),
        bodies.failure(),
    )
    assert _summary(database) == before


def test_a_chat_known_by_acks_alone_has_no_activity(database: Database) -> None:
    recorded.batch(database, acks(bodies.ack("seen", msg_id=bodies.UUID, at=SENT)))
    summary = _summary(database)
    assert (summary["last_message_id"], summary["last_activity_at"]) == (None, 0)
    assert (summary["unread"], summary["name"]) == (0, None)


def test_a_repeat_is_not_counted_again(database: Database) -> None:
    told = message("3EB01"), message("3EB01", reply="again"), message("3EB01", text="edited")
    recorded.each(database, *told)
    recorded.batch(database, *told)
    assert _summary(database)["unread"] == 1


def test_the_latest_name_that_was_told_is_shown(database: Database) -> None:
    for number, order in enumerate(permutations(((1, "Ann"), (2, "Bob"), (3, None)))):
        chat = f"1555010{number}@c.us"
        told = [message(f"3EB0{at}", at=SENT + at, chat=chat, name=name) for at, name in order]
        recorded.each(database, *told)
        assert recorded.conversation(database, chat, PHONE)["name"] == "Bob", order


def test_a_person_is_named_by_what_they_call_themselves(database: Database) -> None:
    user = {"id": CHAT, "name": "Contact A"}
    recorded.batch(database, message("3EB01", user=user))
    assert _summary(database)["name"] == "Contact A"


def test_a_group_is_not_named_after_who_speaks(database: Database) -> None:
    user = {"id": CHAT, "name": "Contact A"}
    recorded.batch(database, message("3EB01", chat=GROUP, user=user))
    assert recorded.conversation(database, GROUP, PHONE)["name"] is None


def test_each_phone_has_a_conversation_of_its_own(database: Database) -> None:
    recorded.batch(database, message("3EB01"), message("3EB02", phone=OTHER_PHONE, name="Ann"))
    own, other = (recorded.conversation(database, CHAT, phone) for phone in (PHONE, OTHER_PHONE))
    assert own["id"] != other["id"]
    assert (own["name"], other["name"]) == (None, "Ann")
    assert (own["unread"], other["unread"]) == (1, 1)


def test_a_clock_that_is_ahead_does_not_keep_a_chat_on_top_for_ever(database: Database) -> None:
    recorded.batch(database, message("3EB01", at=4_000_000_000))
    assert _summary(database)["last_activity_at"] == recorded.NOW
    later = recorded.NOW + 60_000
    recorded.batch(database, message("3EB02", at=later // 1000), at=later)
    assert _last_text(database) == "3EB02"


def _summary(database: Database) -> dict[str, Any]:
    return recorded.conversation(database, CHAT, PHONE)


def _last_text(database: Database) -> str:
    last = recorded.message(database, _summary(database)["last_message_id"])
    return str(last["whatsapp_id"]).rpartition("_")[2]
