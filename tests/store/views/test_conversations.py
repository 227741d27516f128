"""Conversations: the shape of the contract, the latest activity first."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from receiver.store.database import Database
from receiver.store.views import conversations
from receiver.store.views.filters import ConversationFilter
from tests import bodies
from tests.bodies import CHAT, GROUP, OTHER_PHONE, PHONE, SENT, UUID, ack, acks, message
from tests.store import recorded
from tests.store.views.paging import every_page

OURS = bodies.whatsapp_id("3EB0A1", from_me=True)


def test_a_conversation_has_the_fields_of_the_contract(database: Database) -> None:
    recorded.batch(database, message(name="Contact A"))
    assert shown(database, 1) == {
        "id": 1,
        "phone_id": PHONE,
        "chat_id": CHAT,
        "kind": "person",
        "name": "Contact A",
        "unread": 1,
        "last_message": {
            "id": 1,
            "direction": "incoming",
            "type": "text",
            "text": "hello",
            "status": None,
        },
        "last_activity_at": "2023-11-14T22:13:20Z",
    }


def test_one_of_which_only_acks_are_known_has_no_last_message(database: Database) -> None:
    recorded.batch(database, acks(ack("seen", msg_id=UUID)))
    found = shown(database, 1)
    assert (found["last_message"], found["last_activity_at"]) == (None, None)


@pytest.mark.parametrize(
    ("told", "then"),
    [
        (bodies.bare_acks(ack("seen", msg_id=UUID)), acks(ack("seen", msg_id=UUID))),
        (
            bodies.bare_acks(ack("seen", rxid=OURS)),
            message(serialized=OURS, from_me=True),
        ),
        (
            acks(ack("seen", rxid=OURS), ack("seen", msg_id=UUID, chat="15550100099@c.us")),
            acks(ack("seen", msg_id=UUID, rxid=OURS)),
        ),
    ],
    ids=["without a phone", "until the message came", "in a wrong chat"],
)
def test_one_that_acks_told_of_wrongly_is_listed_no_longer(
    database: Database, told: bytes, then: bytes
) -> None:
    recorded.each(database, told)
    first = conversations.recent(database.engine, limit=9)
    recorded.each(database, then)
    [found] = conversations.recent(database.engine, limit=9).data
    assert len(recorded.messages(database)) == 1
    assert (found.phone_id, found.chat_id) == (PHONE, CHAT)
    assert len(first.data) == 1 + (found.id in [one.id for one in first.data])
    assert all(conversations.find(database.engine, one.id) for one in first.data)


def test_what_does_not_exist_is_none(database: Database) -> None:
    assert conversations.find(database.engine, 1) is None


def test_the_latest_activity_comes_first_on_every_page(database: Database) -> None:
    at = {1: SENT, 2: SENT + 5, 3: SENT + 1, 4: SENT + 5, 5: SENT - 1}
    recorded.batch(
        database, *(message(f"3EB0{n}", chat=f"{n}@c.us", at=sent) for n, sent in at.items())
    )
    pages = every_page(lambda after: conversations.recent(database.engine, limit=2, after=after))
    assert [[one.id for one in page.data] for page in pages] == [[4, 2], [3, 1], [5]]


def test_one_that_moves_up_between_two_pages_is_not_repeated(database: Database) -> None:
    recorded.batch(
        database, *(message(f"3EB0{n}", chat=f"{n}@c.us", at=SENT + n) for n in (1, 2, 3))
    )
    seen: list[int] = []

    def turn(after: Any) -> Any:
        page = conversations.recent(database.engine, limit=2, after=after)
        recorded.batch(database, message(f"NEW{len(seen)}", chat="3@c.us", at=SENT + 9))
        seen.extend(one.id for one in page.data)
        return page

    every_page(turn)
    assert seen == [3, 2, 1]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (ConversationFilter(), [4, 3, 2, 1]),
        (ConversationFilter(phone_id=PHONE), [3, 2, 1]),
        (ConversationFilter(phone_id="nobody"), []),
        (ConversationFilter(kind="group"), [3]),
        (ConversationFilter(kind="hidden"), []),
        (ConversationFilter(unread=True), [4, 2]),
        (ConversationFilter(unread=True, phone_id=PHONE), [2]),
        (ConversationFilter(unread=False), [3, 1]),
        (ConversationFilter(since=(SENT + 2) * 1000), [4, 3]),
        (ConversationFilter(until=(SENT + 2) * 1000, unread=True), [2]),
    ],
)
def test_a_filter_leaves_what_is_wanted(
    database: Database, wanted: ConversationFilter, ids: list[int]
) -> None:
    recorded.batch(
        database,
        message("3EB0A", chat="1@c.us", from_me=True),
        message("3EB0B", chat="2@c.us", at=SENT + 1),
        message("3EB0C", chat=GROUP, at=SENT + 2, from_me=True),
        message("3EB0D", chat="1@c.us", at=SENT + 3, phone=OTHER_PHONE),
    )
    assert [one.id for one in conversations.recent(database.engine, wanted, limit=9).data] == ids


def test_the_last_message_shows_what_it_has_come_to(database: Database) -> None:
    name = bodies.whatsapp_id("3EB0A", from_me=True)
    recorded.batch(
        database,
        message(serialized=name, from_me=True),
        acks(ack("reached", msg_id=UUID, rxid=name)),
    )
    assert shown(database, 1)["last_message"]["status"] == "reached"


def shown(database: Database, id: int) -> dict[str, Any]:
    """Return a conversation, which must be there, as the API shows it."""
    found = conversations.find(database.engine, id)
    assert found
    view: dict[str, Any] = orjson.loads(orjson.dumps(found))
    return view
