"""Conversations over HTTP."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests import payloads
from tests.bodies import CHAT, GROUP, SENT, message
from tests.databases import only_sqlite
from tests.web.asking import BEARER, HOOK, ask, assert_problem, get


def post(client: TestClient, *bodies: bytes) -> None:
    for body in bodies:
        assert client.post(HOOK, content=body).json()["status"] == "stored"


def test_what_the_samples_told_is_listed_and_found(client: TestClient) -> None:
    post(client, *map(payloads.body, payloads.NAMES))
    listed = get(client, "/conversations", limit=200)["data"]
    assert len(listed) > 3
    for one in listed:
        assert get(client, f"/conversations/{one['id']}") == one
        messages = get(client, f"/conversations/{one['id']}/messages", limit=200)["data"]
        assert {message["conversation_id"] for message in messages} <= {one["id"]}
        if one["last_message"]:
            typed = [message for message in messages if message["type"]]
            newest = {name: typed[0][name] for name in one["last_message"]}
            assert newest == one["last_message"]


def test_they_are_filtered(client: TestClient) -> None:
    post(
        client,
        message("3EB0A", chat=CHAT),
        message("3EB0B", chat=GROUP, at=SENT + 60, phone="777"),
        message("3EB0C", chat="2@c.us", at=SENT + 120, from_me=True),
    )
    for query, ids in (
        ({"unread": "true"}, [2, 1]),
        ({"unread": "false"}, [3]),
        ({"kind": "group"}, [2]),
        ({"phone_id": "777"}, [2]),
        ({"since": "2023-11-14T22:14:20Z"}, [3, 2]),
        ({"until": "2023-11-14T22:14:20Z", "unread": "true"}, [1]),
    ):
        found = get(client, "/conversations", **query)
        assert [one["id"] for one in found["data"]] == ids, query


def test_messages_of_a_conversation_come_newest_first_in_pages(client: TestClient) -> None:
    post(client, *(message(f"3EB0{n}", at=SENT + n % 3) for n in range(6)), message(chat=GROUP))
    path, seen, cursor = "/conversations/1/messages", [], {}
    while True:
        page = get(client, path, limit=2, **cursor)
        seen += [one["id"] for one in page["data"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [6, 3, 5, 2, 4, 1]
    assert get(client, path, direction="outgoing")["data"] == []
    assert get(client, path, type="text", since="2023-11-14T22:13:22Z")["data"][0]["id"] == 6


@only_sqlite
def test_a_conversation_that_is_not_there_has_no_messages(client: TestClient) -> None:
    assert_problem(ask(client, "/conversations/1/messages"), 404)


def test_one_that_is_read_counts_from_there_on(client: TestClient) -> None:
    post(client, message("3EB0A"), message("3EB0B", at=SENT + 1))
    assert get(client, "/conversations/1")["unread"] == 2
    answer = client.post("/api/conversations/1/read", headers=BEARER)
    assert (answer.status_code, answer.json()["unread"]) == (200, 0)
    assert get(client, "/conversations", unread="true")["data"] == []
    post(client, message("3EB0C", at=SENT + 2), message("3EB0D", at=SENT + 1))
    assert get(client, "/conversations/1")["unread"] == 2
    client.post("/api/conversations/1/read", headers=BEARER)
    assert client.post("/api/conversations/1/read", headers=BEARER).json()["unread"] == 0
    post(client, message("3EB0E", at=SENT + 3))
    assert get(client, "/conversations/1")["unread"] == 1


@only_sqlite
def test_one_that_is_not_there_is_not_read(client: TestClient) -> None:
    for id in ("1", "x", "9" * 18):
        assert_problem(client.post(f"/api/conversations/{id}/read", headers=BEARER), 404)
    assert_problem(ask(client, "/conversations/1/read"), 405)
