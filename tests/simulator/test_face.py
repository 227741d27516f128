"""The simulator over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import httpx2
import pytest

from receiver.simulator import face
from receiver.simulator.faults import Faults
from receiver.simulator.options import Options
from receiver.simulator.running import Simulator, running
from tests.simulator.acting import ADA, PHONE
from tests.simulator.hook import hook

TEXT = {"to_number": ADA, "type": "text", "message": "hi"}


def _fast(**options: Any) -> Options:
    return Options(pace=0, ack_interval=timedelta(milliseconds=5), **options)


def _client(simulator: Simulator) -> httpx2.Client:
    base = f"{simulator.url}/api/{simulator.options.product_id}"
    key = {"x-maytapi-key": simulator.options.token}
    return httpx2.Client(base_url=base, headers=key, timeout=10)


@pytest.fixture(scope="module")
def direct() -> Iterator[httpx2.Client]:
    """Return a client of one account, for what leaves no trace."""
    with running(_fast()) as simulator, _client(simulator) as client:
        yield client


def test_json_and_pictures_are_named_as_what_they_are(direct: httpx2.Client) -> None:
    product, screen = direct.get("/product"), direct.get(f"/{PHONE}/screen")
    assert product.headers["content-type"] == "application/json"
    assert screen.headers["content-type"] == "image/png"
    assert screen.content.startswith(b"\x89PNG")


def test_a_form_is_taken_as_text_and_its_options_are_none(direct: httpx2.Client) -> None:
    form = TEXT | {"type": "poll", "options[]": ["a", "b"]}
    assert direct.post(f"/{PHONE}/sendMessage", data=form).json()["success"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff"])
def test_a_body_that_is_no_object_says_nothing(direct: httpx2.Client, body: bytes) -> None:
    answer = direct.post(f"/{PHONE}/sendMessage", content=body)
    assert (answer.status_code, answer.json()["success"]) == (200, False)


def test_a_query_is_read(direct: httpx2.Client) -> None:
    answer = direct.get(f"/{PHONE}/checkNumberStatus", params={"number": f"{ADA}@c.us"})
    assert answer.json()["result"]["canReceiveMessage"] is True


def test_rapidapi_has_its_own_header() -> None:
    with running(_fast()) as simulator:
        key = {"x-rapidapi-key": simulator.options.rapidapi_key}
        with httpx2.Client(base_url=simulator.url, headers=key) as client:
            assert client.get("/product").json()["pid"] == simulator.options.product_id
            assert client.get("/product", headers={"x-rapidapi-key": "no"}).status_code == 403


@pytest.mark.parametrize(("fault", "sent"), [("dropped_calls", 0), ("lost_answers", 1)])
def test_a_connection_ends_without_an_answer(fault: str, sent: int) -> None:
    with (
        running(_fast(faults=Faults(**{fault: 1}))) as simulator,  # type: ignore[arg-type]
        _client(simulator) as client,
    ):
        with pytest.raises(httpx2.TransportError):
            client.post(f"/{PHONE}/sendMessage", json=TEXT)
        assert len(simulator.ledger.sent) == sent


def test_a_gateway_that_gives_up_answers_in_html() -> None:
    with (
        running(_fast(faults=Faults(timed_out_calls=1))) as simulator,
        _client(simulator) as client,
    ):
        answer = client.get("/product")
        assert (answer.status_code, answer.headers["content-type"]) == (
            504,
            "text/html; charset=utf-8",
        )


def test_a_slow_call_takes_its_time() -> None:
    slow = timedelta(milliseconds=100)
    with running(_fast(faults=Faults(slow_calls=slow))) as simulator, _client(simulator) as client:
        assert client.get("/product").elapsed >= slow


def test_an_early_tick_is_heard_before_the_answer_is() -> None:
    with (
        hook() as webhook,
        running(Options(webhook=webhook.url, faults=Faults(early_acks=1))) as simulator,
        _client(simulator) as client,
    ):
        msg_id = client.post(f"/{PHONE}/sendMessage", json=TEXT).json()["data"]["msgId"]
        assert any(msg_id.encode() in body for body in list(webhook.bodies))


def test_an_early_tick_overtakes_what_waits_to_be_posted() -> None:
    with (
        hook() as webhook,
        running(_fast(webhook=webhook.url, faults=Faults(early_acks=1))) as simulator,
        _client(simulator) as client,
    ):
        simulator.chat(count=300)
        msg_id = client.post(f"/{PHONE}/sendMessage", json=TEXT).json()["data"]["msgId"]
        heard = list(webhook.bodies)
        assert any(msg_id.encode() in body for body in heard)
        assert len(heard) < 300


def test_an_early_tick_that_nobody_takes_keeps_nobody_waiting() -> None:
    nobody = "http://127.0.0.1:1/hook"
    with (
        running(_fast(webhook=nobody, faults=Faults(early_acks=1))) as simulator,
        _client(simulator) as client,
    ):
        assert client.post(f"/{PHONE}/sendMessage", json=TEXT).json()["success"]


def test_the_clock_is_in_utc() -> None:
    assert face.utc_now().tzinfo is UTC
