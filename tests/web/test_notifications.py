"""Notifications over HTTP."""

from __future__ import annotations

from base64 import b64decode

from starlette.testclient import TestClient

from tests.bodies import message
from tests.web.asking import BEARER, HOOK, assert_problem, get


def test_what_could_not_be_read_is_found_with_its_body(client: TestClient) -> None:
    broken = b'{"type": "message\xff\x00'
    for body in (message(), broken):
        client.post(HOOK, content=body)
    [listed] = get(client, "/notifications", status="quarantined")["data"]
    found = get(client, f"/notifications/{listed['id']}")
    assert b64decode(found.pop("body_base64")) == broken
    assert found.pop("body") == broken.decode("utf-8", "replace")
    assert found == listed


def test_they_come_newest_first_in_pages(client: TestClient) -> None:
    for number in range(5):
        client.post(HOOK, content=message(f"3EB0{number}"))
    first = get(client, "/notifications", limit=3)
    second = get(client, "/notifications", limit=3, cursor=first["next"], status="stored")
    assert [one["id"] for one in (*first["data"], *second["data"])] == [5, 4, 3, 2, 1]
    assert second["next"] is None


def test_one_is_read_again(client: TestClient) -> None:
    client.post(HOOK, content=message())
    answer = client.post("/api/notifications/1/reparse", headers=BEARER)
    assert answer.json() == {"status": "stored", "notification_id": 1, "events": 0}
    assert_problem(client.post("/api/notifications/2/reparse", headers=BEARER), 404)
