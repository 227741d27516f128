"""What Maytapi holds is looked at, told when it is wrong, and left as it is."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from receiver.drifting import DriftWatch
from receiver.maytapi.client import Manners, MaytapiClient
from receiver.maytapi.drift import Difference, Ours
from tests.scripted import Answer, Maytapi
from tests.waiting import until

URL = "https://my.host/webhook/our-token"
RIGHT = {"pid": "p", "webhook": URL, "ack_delivery": True}
MOVED = RIGHT | {"webhook": "https://other.host/webhook/their-token"}
SILENT = RIGHT | {"ack_delivery": False}


def look(
    *products: dict[str, object] | Answer, base: str | None = "https://my.host"
) -> list[list[Difference] | None]:
    """Return what was found at each look, and make sure that nothing was changed."""
    found: list[list[Difference] | None] = []

    async def looking(maytapi: Maytapi) -> None:
        client = MaytapiClient("p", "token", base_url=maytapi.url, manners=Manners(tries=1))
        watch = DriftWatch(client, Ours(tokens=["our-token"], base=base))
        for _ in products:
            await watch.look()
            found.append(None if watch.found is None else [*watch.found])
        await client.close()

    with Maytapi() as maytapi:
        maytapi.answers("product", *products)
        maytapi.answers("listPhones", [])
        asyncio.run(looking(maytapi))
        assert {asked.method for asked in maytapi.asked} == {"GET"}
    return found


def test_nothing_is_said_of_what_is_right(caplog: pytest.LogCaptureFixture) -> None:
    assert look(RIGHT) == [[]]
    assert caplog.text == ""


def test_a_webhook_that_leads_elsewhere_is_told_once_and_without_a_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    assert look(MOVED, MOVED, RIGHT) == [
        [Difference("product", "webhook", "https://other.host/…")]
    ] * 2 + [[]]
    assert caplog.text.count("https://other.host/…") == 1
    assert "right again" in caplog.text
    assert "token" not in caplog.text


def test_acks_that_are_switched_off_are_told(caplog: pytest.LogCaptureFixture) -> None:
    assert look(SILENT) == [[Difference("product", "ack_delivery", "off")]]
    assert "is wrong: off; `receiver webhook set` mends it" in caplog.text


def test_without_a_public_url_only_acks_are_compared() -> None:
    assert look(MOVED, SILENT, base=None) == [[], [Difference("product", "ack_delivery", "off")]]


def test_what_can_not_be_read_is_not_taken_for_right(caplog: pytest.LogCaptureFixture) -> None:
    assert look(MOVED, Answer(b"", 500), RIGHT)[1:] == [None, []]
    assert "can't be told: ApiUnavailable" in caplog.text


def test_it_looks_again_and_again_until_it_is_left() -> None:
    async def watching(maytapi: Maytapi) -> None:
        client = MaytapiClient("p", "token", base_url=maytapi.url)
        every = timedelta(milliseconds=10)
        async with DriftWatch(client, Ours(tokens=["our-token"]), every=every):
            await asyncio.to_thread(until, lambda: maytapi.paths().count("GET /p/product") > 2)

    with Maytapi() as maytapi:
        maytapi.answers("product", RIGHT)
        maytapi.answers("listPhones", [])
        asyncio.run(watching(maytapi))
        seen = len(maytapi.asked)
    assert len(maytapi.asked) == seen
