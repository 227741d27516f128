"""The handler that sends what is queued: each message once at most, and none forgotten.

It is called like any other, so messages of a conversation go out in their order, and what can't be
sent now is tried again. What it does between two steps of the ledger (`receiver.store.sending`) can
be lost at any moment: then the message is unknown, and not sent again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from receiver.dispatch.desk import Desk
from receiver.dispatch.retrying import RetryPolicy
from receiver.dispatch.routing import Handler
from receiver.errors import (
    AccountRefused,
    ApiRefused,
    ApiUnavailable,
    MaytapiError,
    NotStored,
    OutcomeUnknown,
    Retry,
    Stopping,
)
from receiver.events import EventType, MessageQueued
from receiver.maytapi.client import MaytapiClient
from receiver.maytapi.pacing import Pace
from receiver.store import sending
from receiver.store.changing import Change
from receiver.store.operating import Known
from receiver.store.sending import Begun

logger = logging.getLogger(__name__)

NAME = "sender"
KNOWN = Known(types=(EventType.MESSAGE_QUEUED,))
"""What operators need to know of it."""
MESSAGES_PER_SECOND = 1.0
PATIENCE = timedelta(hours=24)
"""How old a message may become before it is given up because phone or Maytapi are not there."""
RETRY = RetryPolicy(attempts=1_000_000, longest=timedelta(minutes=1))
"""Until the patience is at its end."""
CALL_WITHIN = timedelta(hours=1)
"""The client has a time limit of its own; the rest is for a database that comes back."""
STORE_AGAIN_AFTER = timedelta(seconds=0.5)
COMES_EARLY = timedelta(seconds=1)
"""How long before its turn a message is called again; retries are looked for once a second."""


class Sender:
    """Sends queued messages through an account, each phone at a pace."""

    def __init__(
        self,
        account: Callable[[], MaytapiClient],
        desk: Desk,
        *,
        messages_per_second: float = MESSAGES_PER_SECOND,
    ) -> None:
        """`account` makes clients that neither pace nor try again."""
        self._account = account
        self._client: tuple[asyncio.AbstractEventLoop, MaytapiClient] | None = None
        self._desk = desk
        self._pace = Pace(messages_per_second)
        self._turns: dict[int, float] = {}
        self._waiting: set[str] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self.handler = Handler(
            name=NAME,
            event=MessageQueued,
            filters=(),
            function=self.send,
            takes_context=False,
            is_async=True,
            order="conversation",
            retry=RETRY,
            timeout=CALL_WITHIN,
            start="beginning",
            trusted=True,
        )

    async def close(self) -> None:
        """Close what this loop has opened."""
        if self._client and self._client[0] is asyncio.get_running_loop():
            await self._client[1].close()

    async def send(self, event: MessageQueued) -> None:
        """Send a message, unless that was done or tried before.

        Raises:
            Retry: it was surely not sent, and will be later.
        """
        if await self._desk.read(sending.is_settled, event.message_id):
            self._turns.pop(event.id, None)
            return
        await self._turn(event)
        call = await self._begin(event.message_id)
        if call is None:
            return
        try:
            sent = await self._here().send(call.phone_id, call.request)
        except (ApiUnavailable, AccountRefused) as error:
            await self._wait(call, event.at, error)
        except ApiRefused as error:
            await self._fail(call, error)
        except OutcomeUnknown as error:
            logger.warning("message %d: unknown (%s)", call.message_id, type(error).__name__)
            await self._keep(lambda change: sending.doubt(change, call.message_id))
        else:
            self._note(call.phone_id, waits=False)
            await self._keep(lambda change: self._accept(change, call, sent.msg_id))

    def _here(self) -> MaytapiClient:
        loop = asyncio.get_running_loop()
        if self._client is None or self._client[0] is not loop:
            self._client = loop, self._account()
        return self._client[1]

    async def _turn(self, event: MessageQueued) -> None:
        """Wait for the message's turn among those of its phone.

        Raises:
            Retry: it is too far away to hold others up.
        """
        now, seq = time.monotonic(), event.id
        if seq not in self._turns:
            self._turns[seq] = now + self._pace.wait(event.phone_id or "", now)
        away = timedelta(seconds=max(0, self._turns[seq] - now))
        if away > 2 * COMES_EARLY:
            raise Retry("waits for its turn", delay=away - COMES_EARLY)
        await asyncio.sleep(away.total_seconds())
        del self._turns[seq]

    async def _begin(self, message_id: int) -> Begun | None:
        future = self._desk.writer.submit(
            lambda change: sending.begin(change, message_id), appends=True
        )
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            # It may be committed all the same; but nobody calls.
            future.add_done_callback(self._take_back)
            raise

    def _take_back(self, begun: Future[Begun | None]) -> None:
        if not begun.cancelled() and not begun.exception() and (call := begun.result()):
            with suppress(Stopping):
                self._desk.writer.submit(
                    lambda change: sending.take_back(change, call), appends=True
                )

    async def _wait(self, call: Begun, queued_at: datetime, error: MaytapiError) -> None:
        age = timedelta(milliseconds=self._desk.now() - queued_at.timestamp() * 1000)
        if age >= PATIENCE:
            await self._fail(call, error)
            return
        self._note(call.phone_id, waits=True)

        def take_back(change: Change) -> None:
            if not sending.take_back(change, call):
                sending.fail(change, call, code=error.code, message=error.message)

        await self._keep(take_back)
        raise Retry(str(error), delay=getattr(error, "retry_after", None))

    async def _fail(self, call: Begun, error: MaytapiError) -> None:
        logger.warning("message %d: failed (%s)", call.message_id, error.code or "no code")
        await self._keep(
            lambda change: sending.fail(change, call, code=error.code, message=error.message)
        )

    def _accept(self, change: Change, call: Begun, msg_id: str) -> None:
        if not sending.accept(change, call, msg_id):
            logger.warning("message %d: its msgId is that of another one", call.message_id)

    async def _keep(self, job: Callable[[Change], Any]) -> None:
        """Write what came of a call, also when nobody waits for it any longer."""
        task = asyncio.create_task(self._written(job))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        await asyncio.shield(task)

    async def _written(self, job: Callable[[Change], Any]) -> None:
        async with asyncio.timeout(CALL_WITHIN.total_seconds()):
            while True:
                try:
                    await self._desk.writer.change(job, appends=True)
                    return
                except Stopping:
                    raise
                except NotStored:
                    await asyncio.sleep(STORE_AGAIN_AFTER.total_seconds())

    def _note(self, phone_id: str, *, waits: bool) -> None:
        if waits and phone_id not in self._waiting:
            logger.warning("messages of phone %s wait: it or Maytapi is not there", phone_id)
            self._waiting.add(phone_id)
        elif not waits and phone_id in self._waiting:
            logger.info("messages of phone %s go out again", phone_id)
            self._waiting.discard(phone_id)
