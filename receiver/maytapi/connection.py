"""The connection: one exchange over HTTP, and the only user of httpx2.

It follows no redirect, keeps no cookie and logs nothing of its own. It speaks to httpx2's transport
directly, because httpx2's client writes every URL, with the numbers in it, to the log.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.request import getproxies, proxy_bypass

import httpx2
import orjson

from receiver.errors import Unsendable
from receiver.maytapi import outcomes
from receiver.maytapi.access import Access
from receiver.maytapi.calls.making import Call

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Histories and backups are the largest; whatever is larger is no answer."""

KEEP_IDLE = timedelta(seconds=4)
"""Shorter than servers do, so that none of them closes a connection just as we write to it."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# Raised before the first byte of a request; see `outcomes`.
_BEFORE_IT_WAS_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


class Timeouts(NamedTuple):
    """How long each phase of a call may take, and the whole of it."""

    connect: timedelta = timedelta(seconds=10)
    """Also for a free connection, where too many calls are under way."""
    write: timedelta = timedelta(seconds=30)
    read: timedelta = timedelta(seconds=60)
    """Between two pieces of the answer. A stuck session is told after 50 s, a history takes 14."""
    total: timedelta = timedelta(seconds=120)


class Connection:
    """Kept connections to one account; what is sent through it carries the account's key."""

    def __init__(
        self,
        access: Access,
        timeouts: Timeouts,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._access = access
        self._timeouts = timeouts
        self._transport = transport or _transport(access.base_url)

    @property
    def base_url(self) -> str:
        return self._access.base_url

    async def close(self) -> None:
        await self._transport.aclose()

    def request(self, call: Call[Any]) -> httpx2.Request:
        """Write a request, which may be sent more than once.

        Raises:
            Unsendable: it can't be written.
        """
        body = _written(call.body)
        return httpx2.Request(
            call.method,
            self._access.url(call.path),
            params=call.query,
            content=body,
            headers=_headers(self._access, body),
            extensions={"timeout": _phases(self._timeouts)},
        )

    async def exchange(self, request: httpx2.Request, call: Call[Any]) -> outcomes.Response:
        """Send a request; return the answer, whatever it is.

        Raises:
            MaytapiError: there was none.
        """
        try:
            async with asyncio.timeout(self._timeouts.total.total_seconds()):
                return await self._exchange(request)
        except _BEFORE_IT_WAS_SENT as error:
            raise outcomes.unconnected(_reason(error)) from error
        except (httpx2.TransportError, TimeoutError) as error:
            raise outcomes.unanswered(call, _reason(error)) from error

    async def _exchange(self, request: httpx2.Request) -> outcomes.Response:
        answer = await self._transport.handle_async_request(request)
        try:
            chunks, size = [], 0
            async for chunk in answer.aiter_raw():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER_BYTES:
                    raise httpx2.ReadError(f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
        finally:
            await answer.aclose()
        return outcomes.Response(
            answer.status_code,
            b"".join(chunks),
            retry_after=_seconds(answer.headers.get("retry-after", "")),
            secret=self._access.secret,
        )


def _transport(base_url: str) -> httpx2.AsyncHTTPTransport:
    url = httpx2.URL(base_url)
    limits = httpx2.Limits(
        max_connections=20,
        max_keepalive_connections=20,
        keepalive_expiry=KEEP_IDLE.total_seconds(),
    )
    return httpx2.AsyncHTTPTransport(limits=limits, proxy=_proxy(url))


def _proxy(url: httpx2.URL) -> str | None:
    if url.host in _LOOPBACK or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _headers(access: Access, body: bytes | None) -> dict[str, str]:
    # What was not packed can't grow beyond its bound when it is unpacked.
    headers = {**access.headers, "accept": "*/*", "accept-encoding": "identity"}
    return headers if body is None else headers | {"content-type": "application/json"}


def _written(body: Any) -> bytes | None:
    try:
        return None if body is None else orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise Unsendable(f"the message can't be written as JSON: {error}") from error


def _phases(timeouts: Timeouts) -> dict[str, float]:
    connect = timeouts.connect.total_seconds()
    read, write = timeouts.read.total_seconds(), timeouts.write.total_seconds()
    return {"connect": connect, "pool": connect, "read": read, "write": write}


def _reason(error: Exception) -> str:
    # The exceptions of time-outs have no words of their own.
    return str(error) or "it took too long"


def _seconds(text: str) -> timedelta | None:
    # The other form, a date, would need a clock that agrees with theirs.
    whole = text.isascii() and text.isdigit() and len(text) < 9
    return timedelta(seconds=int(text)) if whole else None
