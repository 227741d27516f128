"""Others are asked side by side, and not for long."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from receiver.account import Held
from receiver.cli.doctor import asking_around
from receiver.errors import ApiUnavailable, BadSetting
from receiver.maytapi.outcomes import Response
from receiver.settings import Settings
from tests.scripted import Answer, Maytapi, sample, stall


def ask(maytapi: Maytapi, **given: str) -> asking_around.Heard:
    account = {"maytapi_product_id": "p", "maytapi_token": "t", "maytapi_base_url": maytapi.url}
    settings = Settings(_env_file=None, **(account | given))  # type: ignore[arg-type]
    return asyncio.run(asking_around.ask(settings, maytapi.url, ["token"]))


def test_what_is_answered_is_heard() -> None:
    with Maytapi() as maytapi:
        maytapi.answers("product", sample("response-product-seed"))
        maytapi.answers("listPhones", sample("response-listPhones"))
        maytapi.answers("config", {"success": True, "status": {}})
        maytapi.answers("token", Answer(b"yes"))
        heard = ask(maytapi)
    assert isinstance(heard.held, Held)
    assert [phone.id for phone in heard.held.phones] == ["12345"]
    assert isinstance(heard.hook, Response)
    assert heard.hook.body == b"yes"


def test_nobody_waits_for_those_who_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_around, "PATIENCE", timedelta(seconds=0.5))
    with Maytapi() as maytapi:
        maytapi.answers("*", stall)
        begun = time.monotonic()
        heard = ask(maytapi)
        took = time.monotonic() - begun
    assert isinstance(heard.held, ApiUnavailable)
    assert isinstance(heard.hook, ApiUnavailable)
    assert str(heard.held) == "Maytapi did not answer within 0.5 seconds"
    assert str(heard.hook) == "it did not answer within 0.5 seconds"
    assert len(maytapi.asked) == 2
    assert took < 10  # the client's own time limit is a minute


def test_what_can_not_be_asked_is_an_answer_too() -> None:
    with Maytapi() as maytapi:
        maytapi.answers("token", Answer(b"", 404))
        heard = ask(maytapi, maytapi_token="")
    assert isinstance(heard.held, BadSetting)
    assert isinstance(heard.hook, Response)


def test_nobody_is_asked_for_nothing() -> None:
    settings = Settings(_env_file=None)
    assert asyncio.run(asking_around.ask(settings, "", ["token"])) == (None, None)
    assert asyncio.run(asking_around.ask(settings, "https://my.host", [])) == (None, None)
