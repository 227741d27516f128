"""Notifications on their way to a real webhook."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from receiver.simulator.ledger import Ledger
from receiver.simulator.posting import Postman, is_here
from receiver.simulator.simulation import Notification
from tests.simulator.acting import START
from tests.simulator.hook import hook

AT_ONCE = (timedelta(0),)
SOON = timedelta(milliseconds=1)
NOBODY_LISTENS = "http://127.0.0.1:1/hook"


def _post(
    *notifications: Notification,
    redelivery: tuple[timedelta, ...] = (SOON,) * 3,
    anywhere: bool = False,
) -> Ledger:
    ledger = Ledger()

    async def post() -> None:
        async with Postman(
            ledger, redelivery=redelivery, anywhere=anywhere, clock=lambda: START
        ) as postman:
            for notification in notifications:
                postman.take(notification)
            await postman.idle()
            assert postman.is_idle

    asyncio.run(post())
    return ledger


def _notification(
    url: str, body: bytes = b"{}", itinerary: tuple[timedelta, ...] = AT_ONCE
) -> Notification:
    return Notification(phone_id="12345", kind="message", url=url, body=body, itinerary=itinerary)


def test_notifications_are_posted_in_order() -> None:
    bodies = [b"%d" % number for number in range(30)]
    with hook() as webhook:
        ledger = _post(*(_notification(webhook.url, body) for body in bodies))
    assert webhook.bodies == bodies
    assert [it.status for it in ledger.attempts] == [200] * 30
    assert ledger.attempts[0].answer == '{"status": "stored"}'


def test_what_is_answered_5xx_is_posted_again_the_same_until_it_is_taken() -> None:
    with hook(500, 503) as webhook:
        ledger = _post(_notification(webhook.url, b"a"))
    assert webhook.bodies == [b"a"] * 3
    assert [it.status for it in ledger.attempts] == [500, 503, 200]
    assert ledger.unheard == []


def test_what_is_answered_4xx_is_not_posted_again() -> None:
    with hook(404) as webhook:
        ledger = _post(_notification(webhook.url, b"a"))
    assert webhook.bodies == [b"a"]
    assert ledger.unheard == [b"a"]


def test_others_are_not_kept_waiting_by_what_is_refused() -> None:
    with hook(500) as webhook:
        _post(_notification(webhook.url, b"first"), _notification(webhook.url, b"second"))
    assert webhook.bodies == [b"first", b"second", b"first"]


def test_after_the_last_try_it_is_given_up() -> None:
    ledger = _post(_notification(NOBODY_LISTENS, b"a"))
    assert [it.status for it in ledger.attempts] == [None] * 4
    assert ledger.unheard == [b"a"]


def test_what_is_held_back_is_overtaken() -> None:
    with hook() as webhook:
        held_back = _notification(webhook.url, b"first", (timedelta(milliseconds=100),))
        _post(held_back, _notification(webhook.url, b"second"))
    assert webhook.bodies == [b"second", b"first"]


def test_what_is_held_back_and_refused_is_posted_again_as_well() -> None:
    with hook(500) as webhook:
        _post(_notification(webhook.url, b"a", (SOON,)))
    assert webhook.bodies == [b"a", b"a"]


def test_a_repeated_one_is_posted_twice() -> None:
    with hook() as webhook:
        _post(_notification(webhook.url, b"a", (timedelta(0), SOON)))
    assert webhook.bodies == [b"a", b"a"]


def test_a_redirect_is_not_followed() -> None:
    with hook(302) as webhook:
        _post(_notification(webhook.url))
    assert webhook.paths == ["/hook"]


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOBODY_LISTENS)
    with hook() as webhook:
        assert _post(_notification(webhook.url)).unheard == []


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000/hook", True),
        ("http://localhost/hook", True),
        ("http://[::1]:8000/hook", True),
        ("https://example.invalid/hook", False),
        ("http://127.0.0.1.example.invalid/", False),
        ("http://localhost@example.invalid/", False),
        ("http://10.0.0.1/", False),
        ("http://127.0.0.1:99999/", False),
        ("http://[broken/", False),
        ("nonsense", False),
    ],
)
def test_this_machine_is_told_from_others_by_the_words_of_a_url(url: str, here: bool) -> None:
    assert is_here(url) is here


def test_nothing_leaves_this_machine_unless_it_may(caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = "http://203.0.113.1:1/secret-token"
    assert _post(_notification(elsewhere)).attempts == []
    assert "not on this machine" in caplog.text
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:99999/", "ftp://127.0.0.1/"])
def test_a_broken_url_stops_nothing(url: str) -> None:
    with hook() as webhook:
        _post(_notification(url), _notification(webhook.url), redelivery=(), anywhere=True)
    assert len(webhook.bodies) == 1


def test_the_url_with_its_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with hook() as webhook:
        _post(_notification(f"{webhook.url}/secret-token"))
    assert webhook.paths == ["/hook/secret-token"]
    assert not any("secret-token" in record.getMessage() for record in caplog.records)


def test_what_is_under_way_is_given_up_at_the_end() -> None:
    ledger = Ledger()

    async def leave() -> None:
        async with Postman(ledger, redelivery=(), anywhere=False, clock=lambda: START) as postman:
            postman.take(_notification(NOBODY_LISTENS, itinerary=(timedelta(hours=1),)))
            assert not postman.is_idle

    asyncio.run(leave())
    assert ledger.attempts == []
