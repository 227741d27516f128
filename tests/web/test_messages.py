"""Messages over HTTP: paged by key, filtered, and each under all of its names."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

from tests import bodies, payloads
from tests.bodies import UUID, ack, acks, message
from tests.waiting import until
from tests.web.asking import BEARER, HOOK, ask, assert_problem, get

OURS = bodies.whatsapp_id("KEY", from_me=True)


def post(client: TestClient, *bodies: bytes) -> None:
    for body in bodies:
        answer = client.post(HOOK, content=body)
        assert (answer.status_code, answer.json()["status"]) == (200, "stored")


def ids(page: dict[str, Any]) -> list[int]:
    return [one["id"] for one in page["data"]]


def test_a_message_has_the_shape_of_the_contract(client: TestClient) -> None:
    body = payloads.load("message-text-dm")
    post(client, payloads.dump(body))
    found = get(client, "/messages/1")
    received_at = found.pop("received_at")
    assert received_at.endswith("Z")
    assert {key: value for key, value in found.items() if key != "poll"} == {
        "id": 1,
        "phone_id": "12345",
        "conversation_id": 1,
        "chat_id": "15550100011@c.us",
        "direction": "incoming",
        "msg_id": None,
        "whatsapp_id": "false_15550100011@c.us_3EB0A1B2C3D4E5F6A7B8C9",
        "type": "text",
        "text": "test message",
        "media": None,
        "location": None,
        "sender": {"id": "15550100011@c.us", "name": "Contact A", "phone": "15550100011"},
        "sent_at": "2024-02-06T10:50:34Z",
        "status": None,
        "acks": [],
        "reactions": [],
        "quoted": None,
        "deleted_at": None,
        "error": None,
        "payload": body["message"],
    }


def test_a_payload_keeps_the_digits_of_a_number_that_is_no_id(client: TestClient) -> None:
    huge = {"hash": 2**70 + 1, "deep": [{"hash": -(2**70) - 1}], "small": 2**64 - 1}
    body = payloads.load("message-text-dm")
    body["message"] |= huge
    post(client, payloads.dump(body))
    payload = get(client, "/messages/1")["payload"]
    assert {name: payload[name] for name in huge} == huge


def test_every_sample_is_served_as_json(client: TestClient) -> None:
    post(client, *map(payloads.body, payloads.NAMES))
    listed = get(client, "/messages", limit=200)
    assert listed["next"] is None
    assert len(listed["data"]) > 10
    for one in listed["data"]:
        assert get(client, f"/messages/{one['id']}") == one


def test_an_empty_list_is_a_list(client: TestClient) -> None:
    assert get(client, "/messages") == {"data": [], "next": None}


def test_messages_come_newest_first_in_pages(client: TestClient) -> None:
    post(client, *(message(f"KEY{number}") for number in range(5)))
    first = get(client, "/messages", limit=2)
    second = get(client, "/messages", limit=2, cursor=first["next"])
    third = get(client, "/messages", limit=2, cursor=second["next"])
    assert [ids(first), ids(second), ids(third)] == [[5, 4], [3, 2], [1]]
    assert third["next"] is None
    assert ids(get(client, "/messages", limit=5)) == [5, 4, 3, 2, 1]
    assert get(client, "/messages", limit=5)["next"] is None


def test_pages_neither_skip_nor_repeat_while_messages_come_in(client: TestClient) -> None:
    post(client, *(message(f"OLD{number}") for number in range(7)))
    seen, cursor = [], {}
    for number in range(100):
        page = get(client, "/messages", limit=2, **cursor)
        seen += ids(page)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
        post(client, message(f"NEW{number}"))
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_a_page_holds_fifty_unless_asked_and_two_hundred_at_most(client: TestClient) -> None:
    post(client, acks(*(ack("seen", msg_id=f"KEY{n}") for n in range(201))))
    assert len(get(client, "/messages")["data"]) == 50
    assert len(get(client, "/messages", limit=200)["data"]) == 200
    assert len(get(client, "/messages", limit=1)["data"]) == 1


def test_a_message_is_found_by_each_of_its_names(client: TestClient) -> None:
    told = acks(ack("delivered", msg_id=UUID, rxid=OURS, at=1707216634))
    post(client, message("OTHER"), told, message("KEY", text="sent", from_me=True))
    found = get(client, "/messages/2")
    assert (found["msg_id"], found["whatsapp_id"]) == (UUID, OURS)
    assert (found["text"], found["status"]) == ("sent", "delivered")
    assert [(ack["type"], ack["at"]) for ack in found["acks"]] == [
        ("delivered", "2024-02-06T10:50:34Z")
    ]
    for name in (UUID, OURS, "KEY"):
        assert get(client, f"/messages/{quote(name)}") == found
        assert get(client, f"/messages/{quote(name, safe='')}") == found


def test_a_message_known_by_its_acks_alone_is_served(client: TestClient) -> None:
    post(client, acks(ack("seen", msg_id=UUID)))
    found = get(client, f"/messages/{UUID}")
    assert (found["type"], found["text"], found["payload"]) == (None, None, {})
    assert (found["status"], found["direction"]) == ("seen", "outgoing")


def test_the_id_of_a_merged_message_finds_what_it_became(client: TestClient) -> None:
    """Acks of the oldest form name neither phone nor chat, and events have named their id."""
    told = acks(ack("seen", msg_id="KEY"), phone=None)
    post(client, told, message("KEY", text="sent", from_me=True))
    [found] = get(client, "/messages")["data"]
    assert (found["text"], found["status"]) == ("sent", "seen")
    for name in (1, 2, "KEY"):
        assert get(client, f"/messages/{name}") == found


def test_what_does_not_exist_is_not_found(client: TestClient) -> None:
    post(client, message("KEY"))
    for name in (
        "0", "2", "-1", "1.0", "01x", "9" * 18, "9" * 400, UUID, "OTHER", "key", "_KEY", OURS,
        "%00", "%F0%9F%98%80", "a/b", "x" * 5000, "%25", "'",
    ):  # fmt: skip
        assert_problem(ask(client, f"/messages/{name}"), 404)


def test_messages_are_filtered(client: TestClient) -> None:
    post(client, *map(payloads.body, payloads.NAMES))
    everything = get(client, "/messages", limit=200)["data"]
    for name, value, matches in (
        ("direction", "outgoing", lambda one: one["direction"] == "outgoing"),
        ("type", "sticker", lambda one: one["type"] == "sticker"),
        ("status", "reached", lambda one: one["status"] == "reached"),
        ("since", "2024-01-01T00:00:00Z", lambda one: (one["sent_at"] or "9") >= "2024"),
        ("until", "2024-01-01T01:00:00%2B01:00", lambda one: (one["sent_at"] or "9") < "2024"),
    ):
        found = client.get(f"/api/messages?limit=200&{name}={value}", headers=BEARER).json()["data"]
        assert found == [one for one in everything if matches(one)], name
        assert 0 < len(found) < len(everything), name


def test_messages_and_conversations_are_searched(client: TestClient) -> None:
    texts = (message(key, text=f"text of {key}", name="Müller & Söhne") for key in "ABC")
    post(client, *texts)
    until(lambda: len(get(client, "/messages", q="text of")["data"]) == 3)
    first = get(client, "/messages", q='"text of"', limit=2)
    assert ids(first) == [3, 2]
    assert ids(get(client, "/messages", q='"text of"', limit=2, cursor=first["next"])) == [1]
    assert ids(get(client, "/messages", q="text b", direction="incoming")) == [2]
    for nothing in ("text nothing", "", '"*', "\0", "\\' OR 1=1"):
        assert get(client, "/messages", q=nothing) == {"data": [], "next": None}
    assert ids(get(client, "/conversations", q="mul* sohne")) == [1]
    assert ids(get(client, "/conversations", q="+1 555 0100011")) == [1]
    assert_problem(ask(client, "/messages", q="x" * 1001), 400)


def test_an_incoming_message_has_acks_and_no_status(client: TestClient) -> None:
    name = bodies.whatsapp_id("3EB0A1")
    post(client, message(), acks(ack("seen", msg_id=name, rxid=name)))
    [found] = get(client, "/messages")["data"]
    assert (found["status"], [ack["type"] for ack in found["acks"]]) == (None, ["seen"])
    [conversation] = get(client, "/conversations")["data"]
    assert conversation["last_message"]["status"] is None
    assert get(client, "/messages", status="seen")["data"] == []
