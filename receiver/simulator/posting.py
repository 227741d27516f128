"""Post notifications as Maytapi does: in order, and again what was not taken.

Only to this machine, unless it was said that anywhere will do: a simulation has no business in
other people's logs. No proxy is asked and no redirect followed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2

from receiver.simulator.ledger import Attempt, Ledger
from receiver.simulator.simulation import Notification

logger = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=30)
KEPT_CHARACTERS = 500
"""Of an answer."""

_HEADERS = {"content-type": "application/json"}
_WAIT = {"timeout": httpx2.Timeout(TIMEOUT.total_seconds()).as_dict()}


def is_here(url: str) -> bool:
    """Tell whether a URL leads to this machine, by its words alone: no name is looked up."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Reply(NamedTuple):
    """What came back; a status of None says that nothing did, and why."""

    status: int | None
    body: bytes


class Courier:
    """Posts bodies over kept connections.

    It uses httpx2's transport directly: the client above it writes every URL to the log, and in a
    webhook's there is a token.
    """

    def __init__(self) -> None:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        self._transport = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def post(self, url: str, body: bytes) -> Reply:
        """Post a body, and wait for what is said to it."""
        try:
            _ = urlsplit(url).port  # httpx2 would only fail to connect to one past 65535
            request = httpx2.Request("POST", url, content=body, headers=_HEADERS, extensions=_WAIT)
            response = await self._transport.handle_async_request(request)
            return Reply(response.status_code, await response.aread())
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            return Reply(None, type(error).__name__.encode())

    async def close(self) -> None:
        await self._transport.aclose()


class Postman:
    """Carries notifications one after the other; the delayed and the repeated go beside."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        redelivery: tuple[timedelta, ...],
        anywhere: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._redelivery = redelivery
        self._anywhere = anywhere
        self._clock = clock
        self._lane: asyncio.Queue[Notification] = asyncio.Queue()
        self._beside: set[asyncio.Task[None]] = set()
        self._urgent: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._under_way = 0

    async def __aenter__(self) -> Postman:
        self._courier = Courier()
        self._idle.set()
        self._walk = asyncio.create_task(self._go_along())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._walk, *self._beside):
            task.cancel()
        await asyncio.gather(self._walk, *self._beside, return_exceptions=True)
        await self._courier.close()

    @property
    def is_idle(self) -> bool:
        return self._under_way == 0

    async def hurry(self, *, within: timedelta) -> None:
        """Wait until what is urgent was posted once, whatever became of it, or time is up."""
        if self._urgent:
            await asyncio.wait(self._urgent, timeout=within.total_seconds())

    async def idle(self) -> None:
        """Wait until everything was posted, or given up."""
        await self._idle.wait()

    def take(self, notification: Notification) -> None:
        """Take a notification to be posted as its itinerary says."""
        if not self._anywhere and not is_here(notification.url):
            logger.warning("a webhook that is not on this machine is not told of anything")
            return
        for delay in notification.itinerary:
            self._set_out()
            if notification.urgent:
                task = self._aside(self._post_later(notification, delay))
                self._urgent.add(task)
                task.add_done_callback(self._urgent.discard)
            elif delay:
                self._aside(self._post_later(notification, delay))
            else:
                self._lane.put_nowait(notification)

    async def _go_along(self) -> None:
        while True:
            await self._deliver(await self._lane.get())

    async def _post_later(self, notification: Notification, delay: timedelta) -> None:
        await asyncio.sleep(delay.total_seconds())
        await self._deliver(notification)

    async def _deliver(self, notification: Notification) -> None:
        if await self._post(notification):
            self._arrive()
        else:
            self._aside(self._insist(notification))

    async def _insist(self, notification: Notification) -> None:
        for pause in self._redelivery:
            await asyncio.sleep(pause.total_seconds())
            if await self._post(notification):
                break
        self._arrive()

    async def _post(self, notification: Notification) -> bool:
        """Post once; False if it is worth another try (only 5xx and silence are known to be)."""
        reply = await self._courier.post(notification.url, notification.body)
        self._ledger.attempts.append(
            Attempt(
                at=self._clock(),
                phone_id=notification.phone_id,
                kind=notification.kind,
                url=notification.url,
                body=notification.body,
                status=reply.status,
                answer=reply.body.decode("utf-8", "replace")[:KEPT_CHARACTERS],
            )
        )
        return reply.status is not None and reply.status < 500

    def _aside(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(errand)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    def _set_out(self) -> None:
        self._under_way += 1
        self._idle.clear()

    def _arrive(self) -> None:
        self._under_way -= 1
        if self.is_idle:
            self._idle.set()
