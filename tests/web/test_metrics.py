"""Metrics equal what the tables say, and are for those who have a key."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from receiver.store.database import Database
from tests import bodies
from tests.scripted import Maytapi
from tests.store import recorded, sends
from tests.waiting import until
from tests.web.asking import BEARER, HOOK, assert_problem
from tests.web.conftest import Serve


def metrics(client: TestClient) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name.removeprefix("receiver_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_want_a_key(client: TestClient) -> None:
    assert_problem(client.get("/metrics"), 401)


def test_they_say_what_the_tables_say(client: TestClient, database: Database) -> None:
    for body in (bodies.message(), bodies.message("2"), b"{"):
        client.post(HOOK, content=body)
    sends.queued(database)
    recorded.change(
        database,
        "INSERT INTO positions (reader, seq, released, paused) VALUES ('bot.note', 1, true, false)",
        "INSERT INTO retries (handler, seq, state, attempts, due_at) VALUES "
        "('bot.note', 1, 'dead', 3, 0), ('bot.note', 2, 'waiting', 1, 0)",
    )
    found = metrics(client)
    head = recorded.rows(database, "SELECT seq FROM heads")[0]["seq"]
    assert found["notifications", "stored"] == 2
    assert found["notifications", "quarantined"] == 1
    assert found["messages", "queued"] == 1
    assert found["events_total",] == head == 4
    assert found["handler_lag", "bot.note"] == head - 1
    assert found["handler_retries", "bot.note", "dead"] == 1
    assert found["handler_retries", "bot.note", "waiting"] == 1
    assert found["writer_waiting",] == 0


def test_they_say_what_was_told_last_of_each_phone(client: TestClient) -> None:
    told = [("loading", "1"), ("active", "1"), ("qr-code", "2")]
    for status, phone in told:
        client.post(HOOK, content=bodies.status(status, phone=phone))
    found = {labels: value for labels, value in metrics(client).items() if "phone" in labels[0]}
    assert found == {("phone_status", "1", "active"): 1, ("phone_status", "2", "qr-code"): 1}


def test_what_is_wrong_at_maytapi_is_counted(serve: Serve) -> None:
    with Maytapi() as maytapi:
        maytapi.answers("product", {"pid": "p", "webhook": "https://a.b/c", "ack_delivery": False})
        maytapi.answers("listPhones", [])
        client = serve(
            maytapi_product_id="p",
            maytapi_token="t",
            maytapi_base_url=maytapi.url,
            public_url="https://my.host",
        )
        until(lambda: metrics(client).get(("maytapi_differences",)) == 2)


def test_nothing_is_said_of_a_maytapi_that_nobody_asks(client: TestClient) -> None:
    assert ("maytapi_differences",) not in metrics(client)
