"""What is shown: the shapes of the API, found by every name, page by page."""

from __future__ import annotations

import pytest

from receiver.store.database import Database
from receiver.store.views import messages
from receiver.store.views.filters import MessageFilter
from receiver.store.views.messages import MessageView
from receiver.store.views.shapes import Cursor, Page
from tests import bodies, payloads
from tests.bodies import CHAT, GROUP, OTHER_PHONE, PHONE, SENT, UUID, ack, acks, message
from tests.store import recorded
from tests.store.views.paging import every_page

WHATSAPP_ID = bodies.whatsapp_id("3EB0A1", from_me=True)


def test_a_message_has_the_fields_of_the_contract(database: Database) -> None:
    recorded.batch(database, payloads.body("message-text-dm"))
    name = "false_15550100011@c.us_3EB0A1B2C3D4E5F6A7B8C9"
    assert recorded.message(database, 1) == {
        "id": 1,
        "phone_id": "12345",
        "conversation_id": 1,
        "chat_id": "15550100011@c.us",
        "direction": "incoming",
        "msg_id": None,
        "whatsapp_id": name,
        "type": "text",
        "text": "test message",
        "media": None,
        "location": None,
        "sender": {"id": "15550100011@c.us", "name": "Contact A", "phone": "15550100011"},
        "sent_at": "2024-02-06T10:50:34Z",
        "received_at": "2027-01-15T08:00:00Z",
        "status": None,
        "acks": [],
        "reactions": [],
        "poll": None,
        "quoted": None,
        "deleted_at": None,
        "error": None,
        "payload": payloads.load("message-text-dm")["message"],
    }


def test_media_has_its_caption_as_text(database: Database) -> None:
    recorded.batch(database, payloads.body("message-video-openapi"))
    shown = recorded.message(database, 1)
    assert shown["text"] == "Media Caption Text"
    assert shown["media"] == {
        "url": "https://cdn.example.invalid/flow/xxxx.mp4",
        "mime_type": "video/mp4",
        "filename": "wa-media-xxxx.mp4",
    }


def test_a_location_has_degrees(database: Database) -> None:
    recorded.batch(database, payloads.body("message-location-openapi"))
    place = {"latitude": 38.3978531, "longitude": 28.968876}
    assert recorded.message(database, 1)["location"] == place


def test_a_quoted_message_has_a_time_like_all_others(database: Database) -> None:
    recorded.batch(database, payloads.body("message-text-quoted-openapi"))
    assert recorded.message(database, 1)["quoted"] == {
        "whatsapp_id": "3EB081AF26FADE6416D8",
        "type": "text",
        "text": "Message Text",
        "sender": {"id": "15550100012@c.us", "name": "UserName", "phone": "15550100012"},
        "sent_at": "2019-11-18T17:33:09Z",
    }


def test_a_quoted_message_may_lack_a_time_and_a_sender(database: Database) -> None:
    recorded.batch(database, message(quoted={"id": "3EB0", "type": "text"}))
    quoted = recorded.message(database, 1)["quoted"]
    assert quoted["sent_at"] is quoted["sender"] is quoted["text"] is None


def test_a_hidden_sender_is_an_id_alone(database: Database) -> None:
    recorded.batch(database, payloads.body("message-text-group-lid-blank-user"))
    sender = {"id": "100000000000001@lid", "name": None, "phone": None}
    assert recorded.message(database, 1)["sender"] == sender


def test_an_unknown_sender_is_none(database: Database) -> None:
    recorded.batch(database, message(serialized="3EB0A1", chat=GROUP))
    assert recorded.message(database, 1)["sender"] is None


def test_acks_are_shown_by_their_time_and_then_as_they_came(database: Database) -> None:
    recorded.batch(database, acks(ack("seen", msg_id=UUID, at=SENT + 2)), at=1_000)
    recorded.batch(database, acks(ack("reached", msg_id=UUID, at=SENT)), at=2_000)
    recorded.batch(database, acks(ack("played", msg_id=UUID, at=SENT)), at=1_500)
    recorded.batch(database, acks(ack("delivered", msg_id=UUID)), at=3_000)
    assert recorded.message(database, UUID)["acks"] == [
        {"type": "delivered", "at": None, "received_at": "1970-01-01T00:00:03Z"},
        {
            "type": "played",
            "at": "2023-11-14T22:13:20Z",
            "received_at": "1970-01-01T00:00:01.500Z",
        },
        {"type": "reached", "at": "2023-11-14T22:13:20Z", "received_at": "1970-01-01T00:00:02Z"},
        {"type": "seen", "at": "2023-11-14T22:13:22Z", "received_at": "1970-01-01T00:00:01Z"},
    ]


def test_a_message_is_found_by_each_of_its_names(database: Database) -> None:
    recorded.batch(
        database,
        message(serialized=WHATSAPP_ID, from_me=True),
        acks(ack("seen", msg_id=UUID, rxid=WHATSAPP_ID, at=SENT)),
    )
    shown = recorded.message(database, 1)
    assert [recorded.message(database, name) for name in (UUID, WHATSAPP_ID, "3EB0A1")] == (
        3 * [shown]
    )


def test_of_two_copies_the_first_is_found_by_the_name_they_share(database: Database) -> None:
    name = bodies.whatsapp_id("3EB0A1", GROUP, by=CHAT)
    for phone in (OTHER_PHONE, PHONE):
        recorded.batch(database, message(serialized=name, chat=GROUP, phone=phone))
    assert recorded.message(database, name)["phone_id"] == OTHER_PHONE


def test_an_id_of_another_point_of_view_finds_nothing(database: Database) -> None:
    recorded.batch(database, message(serialized=WHATSAPP_ID, from_me=True))
    assert messages.find(database.engine, WHATSAPP_ID.replace("true", "false")) is None


@pytest.mark.parametrize(
    "name",
    ["2", "0", "-1", "1.0", "9" * 18, "9" * 19, "9" * 400, "", " ", "٣", "nobody", "a_b_c", "'%_"],
)
def test_a_name_that_means_nothing_finds_nothing(database: Database, name: str) -> None:
    recorded.batch(database, message())
    assert messages.find(database.engine, name) is None


def test_a_number_is_our_own_before_it_is_anything_else(database: Database) -> None:
    recorded.batch(database, acks(ack("seen", msg_id="2", at=SENT)), message("3EB0A1"))
    first, second = recorded.messages(database)
    assert recorded.message(database, "2") == second
    assert recorded.message(database, "1") == first


def test_messages_are_paged_from_the_newest(database: Database) -> None:
    """By the time they were sent, and only then by their arrival."""
    at = [SENT, SENT + 5, SENT + 1, SENT + 1, SENT - 1, SENT + 5, SENT + 9]
    recorded.batch(database, *(message(f"3EB0{n}", at=at) for n, at in enumerate(at)))
    pages = _pages(database, limit=3)
    assert [[view.id for view in page.data] for page in pages] == [[7, 6, 2], [4, 3, 1], [5]]
    assert [bool(page.next) for page in pages] == [True, True, False]


def test_the_last_page_may_be_full(database: Database) -> None:
    recorded.batch(database, *(message(f"3EB0{n}") for n in range(4)))
    assert [len(page.data) for page in _pages(database, limit=2)] == [2, 2]


def test_an_empty_database_has_one_empty_page(database: Database) -> None:
    assert messages.recent(database.engine, limit=10) == Page(data=[], next=None)


def test_what_comes_between_two_pages_is_neither_skipped_nor_repeated(database: Database) -> None:
    recorded.batch(database, *(message(f"3EB0{n}") for n in range(4)))
    first = messages.recent(database.engine, limit=2)
    recorded.batch(database, message("3EB0NEW"))
    assert first.next
    second = messages.recent(
        database.engine, limit=2, after=Cursor(*map(int, first.next.split(".")))
    )
    assert [view.id for view in (*first.data, *second.data)] == [4, 3, 2, 1]


def test_each_message_of_a_page_has_its_own_acks(database: Database) -> None:
    recorded.batch(
        database,
        acks(
            ack("seen", msg_id="a", at=SENT),
            bodies.reaction(bodies.whatsapp_id("3EB0B"), "👍"),
            bodies.tally(bodies.whatsapp_id("3EB0C"), votes=1),
        ),
    )
    shown = recorded.messages(database)
    assert [len(one["acks"]) for one in shown] == [1, 0, 0]
    assert [len(one["reactions"]) for one in shown] == [0, 1, 0]
    assert [one["poll"] is not None for one in shown] == [False, False, True]


def _pages(database: Database, *, limit: int) -> list[Page[MessageView]]:
    return every_page(lambda after: messages.recent(database.engine, limit=limit, after=after))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (MessageFilter(direction="incoming"), [4, 2, 1]),
        (MessageFilter(direction="outgoing"), [3]),
        (MessageFilter(type="image"), [2]),
        (MessageFilter(type="text"), [4, 3, 1]),
        (MessageFilter(status="seen"), [3]),
        (MessageFilter(status="failed"), []),
        (MessageFilter(conversation_id=2), [4]),
        (MessageFilter(conversation_id=1, direction="incoming", type="text"), [1]),
        (MessageFilter(conversation_id=1, type="image"), [2]),
        (MessageFilter(since=(SENT + 1) * 1000), [4, 3, 2]),
        (MessageFilter(until=(SENT + 1) * 1000), [1]),
        (MessageFilter(since=(SENT + 1) * 1000, until=(SENT + 3) * 1000), [3, 2]),
        (MessageFilter(type="image", status="seen"), []),
    ],
)
def test_a_filter_leaves_what_is_wanted(
    database: Database, wanted: MessageFilter, ids: list[int]
) -> None:
    sent = bodies.whatsapp_id("3EB0C", from_me=True)
    picture = {"type": "image", "url": "https://x/y", "id": bodies.whatsapp_id("3EB0B")}
    recorded.batch(
        database,
        message("3EB0A"),
        bodies.event("message", PHONE, message=picture, conversation=CHAT, timestamp=SENT + 1),
        message(serialized=sent, from_me=True, at=SENT + 2),
        message("3EB0D", chat=GROUP, at=SENT + 3),
        acks(ack("seen", rxid=sent, at=SENT + 4)),
    )
    assert [one.id for one in messages.recent(database.engine, wanted, limit=10).data] == ids


def test_a_send_that_failed_is_found_by_its_status(database: Database) -> None:
    recorded.batch(database, message("3EB0A"), bodies.failure())
    [found] = messages.recent(database.engine, MessageFilter(status="failed"), limit=10).data
    assert found.msg_id == UUID
