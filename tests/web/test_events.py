"""The journal over HTTP."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests import bodies, payloads
from tests.web.asking import HOOK, ask, assert_problem, get


def test_reading_on_and_on_sees_every_event_once_and_in_order(client: TestClient) -> None:
    told, seen, after = 0, [], 0
    for name in payloads.NAMES:
        told += client.post(HOOK, content=payloads.body(name)).json()["events"]
        page = get(client, "/events", after=after, limit=2)
        seen += page["data"]
        after = page["next"]
    while (page := get(client, "/events", after=after, limit=2))["data"]:
        seen += page["data"]
        after = page["next"]
    assert [event["seq"] for event in seen] == [*range(1, told + 1)]
    assert page["next"] == told


def test_events_are_filtered(client: TestClient) -> None:
    for name in payloads.NAMES:
        client.post(HOOK, content=payloads.body(name))
    everything = get(client, "/events", limit=200)["data"]
    for name, value in (("type", "message.ack"), ("conversation_id", 1)):
        found = get(client, "/events", limit=200, **{name: value})["data"]
        assert found == [event for event in everything if event[name] == value]
        assert 0 < len(found) < len(everything)


def test_the_next_of_an_answer_goes_back_in_as_cursor_too(client: TestClient) -> None:
    for number in range(3):
        client.post(HOOK, content=bodies.message(f"3EB0{number}"))
    first = get(client, "/events", limit=2)
    rest = get(client, "/events", cursor=first["next"])
    assert rest == get(client, "/events", after=first["next"])
    assert [event["seq"] for event in rest["data"]] == [3]


def test_a_place_that_the_journal_has_not_reached_is_refused(client: TestClient) -> None:
    """Whoever came from there would wait, and then miss what comes before it."""
    client.post(HOOK, content=bodies.message("3EB0A"))
    assert get(client, "/events", after=1) == {"data": [], "next": 1}
    assert get(client, "/events", after=0, type="phone.status") == {"data": [], "next": 0}
    for name in ("after", "cursor"):
        answer = ask(client, "/events", **{name: 2})
        assert_problem(answer, 409)
        assert "the journal ends at 1" in answer.json()["detail"]
