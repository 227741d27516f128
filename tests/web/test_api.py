"""The REST API as a whole: closed without a key, described, and strict about what is asked."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import payloads
from tests.databases import only_sqlite
from tests.web.asking import BEARER, HOOK, ask, assert_problem, get


@only_sqlite
@pytest.mark.parametrize(
    "path", ["/conversations", "/conversations/1/messages", "/messages", "/notifications"]
)
def test_every_list_is_a_list(client: TestClient, path: str) -> None:
    client.post(HOOK, content=payloads.body("message-text-dm"))
    page = get(client, path)
    assert (len(page["data"]), page["next"]) == (1, None)


@only_sqlite
@pytest.mark.parametrize(
    "path",
    [
        "/conversations/{}",
        "/conversations/{}/messages",
        "/messages/{}",
        "/notifications/{}",
    ],
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    for name in ("1", "0", "-1", "x", "1.0", "9" * 18, "9" * 400, "%00", "%C2%B2", "%20"):
        answer = ask(client, path.format(name))
        assert_problem(answer, 404)
        assert "detail" not in answer.json()


@only_sqlite
@pytest.mark.parametrize("path", ["/conversations", "/messages", "/notifications", "/events"])
def test_parameters_that_mean_nothing_are_refused(client: TestClient, path: str) -> None:
    for query in (
        "limit=0", "limit=201", "limit=x", "limit=", "limit=-1", "limit=1.0", "limit=%C2%B2",
        "limit=99999999999999999999", "limit=1_0", "limit=%2B1", "limit=1&limit=2", "before=3",
        "Limit=1", "limit=1&x=", "%00=1", "offset=0", "page=2", "id=1",
    ):  # fmt: skip
        assert_problem(client.get(f"/api{path}?{query}", headers=BEARER), 400)


@only_sqlite
@pytest.mark.parametrize("path", ["/messages", "/conversations"])
def test_times_and_cursors_that_mean_nothing_are_refused(client: TestClient, path: str) -> None:
    for query in (
        "cursor=x", "cursor=", "cursor=-1", "cursor=%00", "cursor=1", "cursor=1.", "cursor=1.2.3",
        "since=yesterday", "since=2024-02-06", "since=2024-02-06T10:00:00", "until=",
        "until=2024-02-30T10:00:00Z", "since=1707216634",
    ):  # fmt: skip
        assert_problem(client.get(f"/api{path}?{query}", headers=BEARER), 400)


@only_sqlite
def test_a_refusal_says_what_is_wrong(client: TestClient) -> None:
    for query, said in (
        ("unread=yes", "unread: use true or false"),
        ("Unread=true", "there is no parameter 'Unread'; known: limit, cursor, phone_id, kind"),
        ("kind=robot", "kind: Input should be 'person', 'group', 'hidden' or 'other'"),
        ("kind=group&kind=group", "kind is given more than once"),
    ):
        answer = client.get(f"/api/conversations?{query}", headers=BEARER)
        assert said in answer.json()["detail"]


@only_sqlite
def test_a_cursor_past_either_end_is_an_end(client: TestClient) -> None:
    client.post(HOOK, content=payloads.body("message-text-dm"))
    for path in ("/messages", "/conversations", "/conversations/1/messages"):
        assert get(client, path, cursor="0.0") == {"data": [], "next": None}
        assert len(get(client, path, cursor=f"{10**15 - 1}.{10**18 - 1}")["data"]) == 1


def test_no_text_of_a_question_upsets_a_database(client: TestClient) -> None:
    for text in ("\0", "'", "%", "\ufffd", "\U0001f600", "a" * 3000):
        for path, name in (
            ("/messages", "type"), ("/conversations", "phone_id"), ("/events", "type")
        ):  # fmt: skip
            assert get(client, path, **{name: text})["data"] == []


@only_sqlite
def test_unknown_paths_are_not_found_and_other_methods_not_allowed(client: TestClient) -> None:
    assert_problem(ask(client, "/nothing"), 404)
    assert_problem(ask(client, "/messages/"), 404)
    assert_problem(client.delete("/api/messages", headers=BEARER), 405)


@only_sqlite
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": BEARER["Authorization"] + "x"},
        {"Authorization": BEARER["Authorization"].upper()},
        {"Authorization": BEARER["Authorization"].replace("Bearer", "Basic")},
        {"Authorization": BEARER["Authorization"].removeprefix("Bearer ")},
        {"Authorization": "Bearer \xfc".encode("latin-1")},
        {"X-Api-Key": BEARER["Authorization"].removeprefix("Bearer ")},
    ],
)
def test_nothing_is_told_without_the_key(client: TestClient, headers: Any) -> None:
    """Not even which paths exist, and which methods they have."""
    client.post(HOOK, content=payloads.body("message-text-dm"))
    key = BEARER["Authorization"].removeprefix("Bearer ")
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
        for path in ("/messages", "/messages/1", "/", "/nothing", "/messages/", f"/?key={key}"):
            answer = client.request(method, f"/api{path}", headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert method == "HEAD" or "test message" not in answer.text
