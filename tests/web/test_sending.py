"""What is answered 202 is on disk as queued, once for each key, and goes out later."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from receiver.store.database import Database
from tests import bodies, payloads
from tests.databases import only_sqlite
from tests.scripted import Maytapi
from tests.store import recorded
from tests.waiting import until
from tests.web.asking import BEARER, HOOK, assert_problem, get
from tests.web.conftest import Serve

HELLO = {"to": "+1 555 010 0011", "text": "hello", "phone_id": "12345"}


def send(client: TestClient, body: Any = HELLO, key: str | None = None) -> Response:
    headers = BEARER if key is None else BEARER | {"Idempotency-Key": key}
    content = body if isinstance(body, bytes) else payloads.dump(body)
    return client.post("/api/messages", content=content, headers=headers)


def refused(client: TestClient, body: Any, status: int, said: str) -> None:
    answer = send(client, body)
    assert_problem(answer, status)
    assert said in answer.json()["detail"]
    assert get(client, "/messages")["data"] == []


def test_a_message_is_queued(client: TestClient, database: Database) -> None:
    answer = send(client)
    assert answer.status_code == 202
    message = answer.json()
    assert message == get(client, f"/messages/{message['id']}")
    assert (message["status"], message["direction"]) == ("queued", "outgoing")
    assert (message["chat_id"], message["phone_id"]) == ("15550100011@c.us", "12345")
    assert (message["type"], message["text"]) == ("text", "hello")
    [told] = recorded.events(database, "message.queued")
    assert told["message_id"] == message["id"]


def test_a_key_queues_once_and_is_answered_as_at_first(
    client: TestClient, database: Database
) -> None:
    first = send(client, key="order-17")
    recorded.change(database, "UPDATE messages SET status = 'accepted', msg_id = 'x'")
    again = send(client, key="order-17")
    assert (again.status_code, again.json()) == (202, first.json())
    assert send(client, key="order-18").json()["id"] != first.json()["id"]
    assert len(get(client, "/messages")["data"]) == 2


@only_sqlite
@pytest.mark.parametrize("other", [{"text": "bye"}, {"phone_id": "2"}, {"to": "15550100012"}])
def test_a_key_is_not_for_another_message(client: TestClient, other: dict[str, str]) -> None:
    send(client, key="order-17")
    assert_problem(send(client, HELLO | other, key="order-17"), 422)
    assert len(get(client, "/messages")["data"]) == 1


@only_sqlite
@pytest.mark.parametrize("key", ["", "a b", "x" * 201])
def test_a_key_is_printable_and_short(client: TestClient, key: str) -> None:
    assert_problem(send(client, key=key), 400)


@only_sqlite
def test_a_conversation_stands_for_chat_and_phone(client: TestClient) -> None:
    client.post(HOOK, content=bodies.message(phone="777", chat=bodies.GROUP))
    [conversation] = get(client, "/conversations")["data"]
    message = send(client, {"conversation_id": conversation["id"], "text": "hello"}).json()
    assert message["conversation_id"] == conversation["id"]
    assert (message["chat_id"], message["phone_id"]) == (bodies.GROUP, "777")


@only_sqlite
def test_a_conversation_is_of_one_phone(client: TestClient) -> None:
    client.post(HOOK, content=bodies.message(phone="777"))
    [conversation] = get(client, "/conversations")["data"]
    other = {"conversation_id": conversation["id"], "text": "hello", "phone_id": "778"}
    answer = send(client, other)
    assert_problem(answer, 422)
    assert "phone 777" in answer.json()["detail"]


@only_sqlite
def test_the_default_phone_sends_where_none_is_named(serve: Serve) -> None:
    client = serve(maytapi_phone_id="888")
    assert send(client, {"to": "15550100011", "text": "hello"}).json()["phone_id"] == "888"
    assert send(client).json()["phone_id"] == "12345"


@only_sqlite
def test_other_types_have_maytapis_own_fields(client: TestClient, database: Database) -> None:
    fields = {"message": "https://example.com/a.png", "filename": "a.png"}
    message = send(client, HELLO | {"type": "media", "text": "look", "maytapi": fields}).json()
    assert (message["type"], message["text"]) == ("media", "look")
    assert message["media"]["url"] == "https://example.com/a.png"
    [row] = recorded.rows(database, "SELECT request FROM sends")
    assert json.loads(row["request"]) == {
        **fields, "to_number": "15550100011@c.us", "type": "media", "text": "look",
    }  # fmt: skip


@only_sqlite
@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"hello", 400, "JSON"),
        (b"[]", 400, "object"),
        (HELLO | {"colour": "red"}, 400, "colour"),
        (HELLO | {"text": 7}, 400, "text"),
        (HELLO | {"phone_id": "a/b"}, 400, "phone_id"),
        (HELLO | {"maytapi": "x"}, 400, "maytapi"),
        ({"text": "hello", "phone_id": "1"}, 422, "either to or conversation_id"),
        (HELLO | {"conversation_id": 1}, 422, "either to or conversation_id"),
        (HELLO | {"to": "somebody"}, 422, "neither a number"),
        (HELLO | {"text": None}, 422, "needs text"),
        (HELLO | {"text": "a\0b"}, 422, "NUL"),
        (HELLO | {"type": "media"}, 422, "needs maytapi.message"),
        (HELLO | {"type": "poll"}, 422, "needs maytapi.options"),
        (HELLO | {"maytapi": {"message": "bye"}}, 422, "maytapi.message says something else"),
        ({"conversation_id": -1, "text": "hello"}, 400, "conversation_id"),
        ({"conversation_id": 10**30, "text": "hello"}, 400, "conversation_id"),
        ({"conversation_id": 99, "text": "hello"}, 422, "no conversation 99"),
        ({"to": "15550100011", "text": "hello"}, 422, "RECEIVER_MAYTAPI_PHONE_ID"),
    ],
)
def test_what_can_not_be_sent_is_refused_with_the_reason(
    client: TestClient, body: Any, status: int, said: str
) -> None:
    refused(client, body, status, said)


@only_sqlite
def test_a_body_has_a_limit(serve: Serve) -> None:
    client = serve(max_body_bytes=1024)
    refused(client, HELLO | {"text": "x" * 2000}, 413, "1024")


@only_sqlite
def test_it_needs_the_key(client: TestClient) -> None:
    assert_problem(client.post("/api/messages", content=payloads.dump(HELLO)), 401)


def test_with_an_account_it_is_sent(serve: Serve) -> None:
    with Maytapi() as maytapi:
        taken = {"success": True, "data": {"chatId": "15550100011@c.us", "msgId": bodies.UUID}}
        maytapi.answers("sendMessage", taken)
        client = serve(maytapi_product_id="p", maytapi_token="t", maytapi_base_url=maytapi.url)
        sent = send(client).json()
        until(lambda: get(client, f"/messages/{sent['id']}")["status"] == "accepted")
        assert get(client, f"/messages/{bodies.UUID}")["id"] == sent["id"]


@only_sqlite
def test_the_phone_may_be_a_number_as_maytapi_writes_it(client: TestClient) -> None:
    assert send(client, HELLO | {"phone_id": 12345}).json()["phone_id"] == "12345"


@only_sqlite
def test_a_location_is_shown_and_must_be_a_place(client: TestClient) -> None:
    location = {"to": "15550100011", "type": "location", "phone_id": "1"}
    for fields in ({}, {"latitude": 100, "longitude": 1}, {"latitude": "x", "longitude": 1}):
        refused(client, location | {"maytapi": fields}, 422, "latitude and longitude")
    sent = send(client, location | {"maytapi": {"latitude": "1.5", "longitude": 2}}).json()
    assert sent["location"] == {"latitude": 1.5, "longitude": 2.0}
