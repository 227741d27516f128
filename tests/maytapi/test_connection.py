"""The connection: proxies, bounds, and what it passes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest

from receiver.errors import ApiUnavailable, OutcomeUnknown, Unsendable
from receiver.maytapi import access, connection
from receiver.maytapi.calls import account, chats
from receiver.maytapi.connection import Connection, Timeouts
from receiver.maytapi.outcomes import Response
from tests.scripted import Answer, Maytapi

WAY = access.rapidapi("key")
SEND = chats.send("1", {"message": "x"})


def answer(status: int, content: bytes = b"", **headers: str) -> httpx2.Response:
    stream = httpx2.ByteStream(content)
    return httpx2.Response(status, stream=stream, headers=headers)


def exchange(answer: httpx2.Response | Exception) -> Response:
    def handler(_request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    line = Connection(WAY, Timeouts(), httpx2.MockTransport(handler))
    return asyncio.run(line.exchange(line.request(SEND), SEND))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx2.ConnectError("x"), ApiUnavailable),
        (httpx2.ConnectTimeout("x"), ApiUnavailable),
        (httpx2.PoolTimeout("x"), ApiUnavailable),
        (httpx2.ProxyError("x"), ApiUnavailable),
        (httpx2.UnsupportedProtocol("x"), ApiUnavailable),
        (httpx2.ReadTimeout("x"), OutcomeUnknown),
        (httpx2.WriteTimeout("x"), OutcomeUnknown),
        (httpx2.ReadError("x"), OutcomeUnknown),
        (httpx2.WriteError("x"), OutcomeUnknown),
        (httpx2.CloseError("x"), OutcomeUnknown),
        (httpx2.LocalProtocolError("x"), OutcomeUnknown),
        (httpx2.RemoteProtocolError("x"), OutcomeUnknown),
        (TimeoutError(), OutcomeUnknown),
    ],
)
def test_each_fault_says_whether_it_was_sent(error: Exception, expected: type) -> None:
    with pytest.raises(expected):
        exchange(error)


def test_every_fault_of_httpx2_is_translated() -> None:
    """None of its exceptions may leak, nor a new one of another release."""

    def below(kind: type[Exception]) -> set[type[Exception]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    for kind in below(httpx2.TransportError):
        with pytest.raises((ApiUnavailable, OutcomeUnknown)):
            exchange(kind("x"))


def test_a_time_out_without_words_is_named() -> None:
    with pytest.raises(OutcomeUnknown, match="did not answer: it took too long"):
        exchange(httpx2.ReadTimeout(""))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("", None), ("Tue, 24 Nov 2026 08:00:00 GMT", None), ("9" * 30, None), ("-1", None)],
)
def test_retry_after_is_read_in_seconds(text: str, seconds: int | None) -> None:
    response = exchange(answer(429, **{"retry-after": text}))
    assert response.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_an_answer_comes_as_it_is() -> None:
    response = exchange(answer(418, b"\x00\xff"))
    assert (response.status, response.body) == (418, b"\x00\xff")


def test_packed_answers_are_not_asked_for() -> None:
    """A few bytes can unpack to gigabytes."""
    request = Connection(WAY, Timeouts()).request(SEND)
    assert request.headers["accept-encoding"] == "identity"


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_ANSWER_BYTES", 10)
    assert exchange(answer(200, b"x" * 10)).body == b"x" * 10
    with pytest.raises(OutcomeUnknown, match="larger than 10 bytes"):
        exchange(answer(200, b"x" * 11))


async def asked(base_url: str) -> Response:
    line = Connection(access.rapidapi("key", base_url=base_url), Timeouts())
    try:
        return await line.exchange(line.request(account.list_phones()), SEND)
    finally:
        await line.close()


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Maytapi() as proxy:
        proxy.answers("*", Answer([]))
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert asyncio.run(asked("http://api.invalid")).body == b"[]"
        assert proxy.asked[0].headers["host"] == "api.invalid"


def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Maytapi() as maytapi:
        maytapi.answers("*", Answer([]))
        assert asyncio.run(asked(maytapi.url)).body == b"[]"


def test_what_is_no_json_is_refused_when_it_is_written() -> None:
    line = Connection(WAY, Timeouts())
    with pytest.raises(Unsendable):
        line.request(chats.send("1", {"message": {1, 2}}))
