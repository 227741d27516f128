"""Forward events to URLs, signed after Standard Webhooks.

Each URL is a handler of its own, with its position and its retries. A module of yours makes the
Router that `RECEIVER_HANDLERS` names:

    router = forward(
        "https://example.com/hook", F.first_copy, secret=SECRET, events=[MessageReceived]
    )
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple

import httpx2

from receiver import Discard, Event, Retry, RetryPolicy, Router
from receiver.sinks import addresses, bodies
from receiver.sinks.addresses import NoAddress
from receiver.sinks.doors import Door
from receiver.sinks.lifetimes import LoopLong
from receiver.sinks.signing import Signer

logger = logging.getLogger(__name__)

RETRY = RetryPolicy(attempts=20, first=timedelta(seconds=5), longest=timedelta(hours=6))
"""Tries for about a day."""
PHASES = httpx2.Timeout(connect=5, read=15, write=15, pool=30)
TIMEOUT = timedelta(seconds=45)
"""For a try as a whole, however many addresses there are and however slowly it is answered."""
PATIENCE = timedelta(minutes=5)
"""How long an event waits for a URL that is away before it becomes a retry."""
AWAY = (429, 502, 503, 504)
"""Answers that say nothing of the event: whatever is posted now is answered so."""
MAX_ANSWER_BYTES = 64 * 1024
"""Only the status of an answer counts; the rest is read for its connection to be used again."""
MAX_ANSWER_TIME = timedelta(seconds=2)
LONGEST_DELAY = timedelta(days=1)
"""The most of a Retry-After that is believed."""


def forward(
    url: str,
    *filters: Callable[[Any], object],
    secret: str | Sequence[str],
    events: Sequence[type[Event]] = (Event,),
    name: str | None = None,
    order: Literal["conversation", "none"] = "conversation",
    retry: RetryPolicy = RETRY,
    start: Literal["now", "beginning"] = "now",
    allow_private: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Router:
    """Make a Router that posts the events of these classes that pass all filters to a URL.

    Several secrets sign side by side, while one is replaced. The handler's name, under which its
    position is kept, follows from the URL unless it is given. `allow_private` lets the URL be of
    plain `http`, and lead to addresses that are not of the open internet; `tls` is for one whose
    certificate is of an authority of one's own.

    Raises:
        ValueError: the URL or a secret can't be right; neither is repeated.
    """
    signer = Signer([secret] if isinstance(secret, str) else secret)
    target = _Target(_checked(url, allow_private), signer, tls, allow_private=allow_private)
    wanted = tuple(events)
    router = Router("forward")
    router.on(
        Event,
        lambda event: isinstance(event, wanted),
        *filters,
        name=name or f"forward.{target.host}.{_digest(url)}",
        order=order,
        retry=retry,
        timeout=PATIENCE + TIMEOUT,
        start=start,
    )(target.post)
    return router


class _Target:
    """A URL that events are posted to, until it says that it is gone."""

    def __init__(
        self, url: httpx2.URL, signer: Signer, tls: ssl.SSLContext | None, *, allow_private: bool
    ) -> None:
        self.host = url.raw_host.decode()
        self._url = url
        self._signer = signer
        self._allow_private = allow_private
        self._gone = False
        self._way = LoopLong(lambda: _way(tls))

    async def post(self, event: Event) -> None:
        """Post an event, and return when it was taken."""
        if self._gone:
            raise Discard(f"{self.host} is gone: it has answered 410 to an earlier event")
        body = bodies.write(event)
        answer = await self._answer(str(event.id), body)
        if answer.status_code == 410:
            self._gone = True
            logger.error("%s is gone (410): it is sent nothing more until a restart", self.host)
            raise Discard(f"{self.host} is gone: it has answered 410")
        if not answer.is_success:
            raise Retry(f"{self.host} has answered {answer.status_code}", delay=_delay(answer))

    async def _answer(self, event_id: str, body: bytes) -> httpx2.Response:
        way = await self._way.get()
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return await way.door.ask(
                    lambda: self._ask(way.transport, event_id, body),
                    is_away=lambda answer: answer.status_code in AWAY,
                )
        except TimeoutError:
            raise Retry(f"{self.host} is away") from None

    async def _ask(
        self, transport: httpx2.AsyncHTTPTransport, event_id: str, body: bytes
    ) -> httpx2.Response:
        signed = self._signer.headers(event_id, body, at=int(time.time()))
        try:
            async with asyncio.timeout(TIMEOUT.total_seconds()):
                for address in await self._addresses():
                    with suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                        return await self._ask_at(transport, address, body, signed)
        except NoAddress as error:
            raise Retry(f"{self.host}: {error}") from error
        except httpx2.TransportError as error:
            raise Retry(f"{self.host}: {type(error).__name__}") from error
        except TimeoutError:
            seconds = TIMEOUT.total_seconds()
            raise Retry(f"{self.host} took longer than {seconds:g} s") from None
        raise Retry(f"{self.host} can't be connected to")

    async def _addresses(self) -> Sequence[str]:
        port = self._url.port or {"http": 80, "https": 443}[self._url.scheme]
        return await addresses.find(self.host, port, allow_private=self._allow_private)

    async def _ask_at(
        self,
        transport: httpx2.AsyncHTTPTransport,
        address: str,
        body: bytes,
        signed: Mapping[str, str],
    ) -> httpx2.Response:
        request = httpx2.Request(
            "POST",
            self._url.copy_with(host=address),
            headers={
                **signed,
                "host": self._url.netloc.decode(),
                "content-type": "application/json",
                "user-agent": "maytapi-receiver",
                "accept-encoding": "identity",
            },
            content=body,
            # The certificate is checked against the name, not against the address.
            extensions={"timeout": PHASES.as_dict(), "sni_hostname": self.host},
        )
        answer = await transport.handle_async_request(request)
        try:
            await _read_on(answer)
        finally:
            await answer.aclose()
        return answer


class _Way(NamedTuple):
    """What leads to a URL, as long as a loop lasts."""

    transport: httpx2.AsyncHTTPTransport
    door: Door


async def _way(tls: ssl.SSLContext | None) -> AsyncGenerator[_Way, None]:
    # Not a client: that would log the URL, which may hold a secret.
    async with httpx2.AsyncHTTPTransport(verify=tls or True, trust_env=False) as transport:
        yield _Way(transport, Door())


async def _read_on(answer: httpx2.Response) -> None:
    """Read what comes with the status, if it is short: then the connection can be kept."""
    size = 0
    with suppress(httpx2.TransportError, TimeoutError):
        async with asyncio.timeout(MAX_ANSWER_TIME.total_seconds()):
            async with aclosing(answer.aiter_raw()) as parts:
                async for part in parts:
                    size += len(part)
                    if size > MAX_ANSWER_BYTES:
                        return


def _delay(answer: httpx2.Response) -> timedelta | None:
    """Read the header Retry-After, in either of its forms."""
    told = answer.headers.get("retry-after", "")
    if answer.status_code not in (429, 503) or not told:
        return None
    try:
        delay = (
            timedelta(seconds=int(told))
            if told.isdecimal()
            else parsedate_to_datetime(told) - datetime.now(UTC)
        )
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without its zone
        return None
    return min(max(delay, timedelta(0)), LONGEST_DELAY)


def _checked(url: str, allow_private: bool) -> httpx2.URL:
    try:
        checked = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError):
        checked = httpx2.URL()
    schemes = ("https", "http") if allow_private else ("https",)
    if checked.scheme not in schemes or not checked.host:
        hint = "" if allow_private else "; allow_private=True also lets http:// pass"
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"a URL to forward to begins with {begins} and a host{hint}")
    if checked.userinfo:
        raise ValueError("a URL to forward to has no user in it: what is sent is signed")
    return checked


def _digest(url: str) -> str:
    return hashlib.blake2b(url.encode(), digest_size=4).hexdigest()
