"""The one writer: whatever waits goes into the next transaction, and is answered by its commit.

There are no timers. While one commit runs in the writer's thread, the next batch gathers, and the
thread takes it as soon as it is free; an idle writer is woken at the end of the event loop's tick,
for all that was read in it. Nobody is told that a notification is stored before the commit that
holds it returned, nor after a commit whose outcome is not known.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from receiver.errors import DatabaseUnavailable, NotStored, Overloaded, Stopping
from receiver.maytapi import notifications
from receiver.maytapi.notifications import Reading
from receiver.store import recording
from receiver.store.database import Database, has_failed, open_writer
from receiver.store.recording import Read, Receipt
from receiver.store.rows import pipelined

logger = logging.getLogger(__name__)

MAX_WAITING_BYTES = 64 * 1024 * 1024
MAX_WAITING = 5_000
MAX_BATCH = 250
"""Notifications in a transaction: a longer one only makes all of them wait."""
MAX_BATCH_BYTES = 4 * 1024 * 1024
READ_AT_ONCE_BYTES = 32 * 1024
"""Bodies up to this size are parsed when they come, while the disk is busy with the batch before;
larger ones by the writer's thread, where nobody but those in their batch has to wait for them.
"""

Outcome = Receipt | NotStored


class _Waiting(NamedTuple):
    body: bytes
    reading: Reading | None
    future: asyncio.Future[Receipt]


class _Work(NamedTuple):
    """What goes into one transaction; probes alone make one that changes nothing."""

    batch: list[_Waiting]
    probes: list[asyncio.Future[None]]


class Writer:
    """Records notifications; to be used from one event loop, between `start` and `stop`."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], float] = time.time,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._database = database
        self._now = now
        self._max_waiting_bytes = max_waiting_bytes
        self._max_waiting = max_waiting
        self._connection: Connection | None = None
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._wakes: SimpleQueue[None] = SimpleQueue()
        # What the loop and the thread share; the lock is held for a few instructions only.
        self._lock = Lock()
        self._gathered: list[_Waiting] = []
        self._probes: list[asyncio.Future[None]] = []
        self._busy = False
        self._stopping = False
        # The loop's alone.
        self._waiting = 0
        self._waiting_bytes = 0

    async def start(self) -> None:
        """Open the connection.

        Raises:
            NotStored: it can't be opened.
        """
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._open)
        self._thread.start()

    async def stop(self) -> None:
        """Take nothing more, and return when all that waited has its answer."""
        self._stopping = True
        self._wakes.put(None)
        await asyncio.to_thread(self._thread.join)

    async def record(self, body: bytes) -> Receipt:
        """Store a notification; return when the commit that holds it is on disk.

        Raises:
            NotStored: it is not stored, or not known to be; the sender should try again.
        """
        size = len(body)
        if self._waiting and (
            self._waiting >= self._max_waiting
            or self._waiting_bytes + size > self._max_waiting_bytes
        ):
            raise Overloaded("too much is waiting to be stored")
        reading = notifications.parse(body) if size <= READ_AT_ONCE_BYTES else None
        future: asyncio.Future[Receipt] = self._loop.create_future()
        self._add(self._gathered, _Waiting(body, reading, future))
        self._waiting += 1
        self._waiting_bytes += size
        return await future

    async def probe(self) -> None:
        """Make a commit that changes nothing, to see that the next one would be possible.

        Raises:
            NotStored: it would not.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        self._add(self._probes, future)
        await future

    def _add(self, gathered: list[Any], item: object) -> None:
        with self._lock:
            if self._stopping:
                raise Stopping("the receiver is stopping")
            gathered.append(item)
            was_busy, self._busy = self._busy, True
        if not was_busy:
            self._loop.call_soon(self._wakes.put, None)

    def _answer(self, work: _Work, outcomes: Sequence[Outcome], failure: NotStored | None) -> None:
        for waiting, outcome in zip(work.batch, outcomes, strict=True):
            self._waiting -= 1
            self._waiting_bytes -= len(waiting.body)
            if waiting.future.done():
                continue  # the client has gone; what it sent is stored all the same
            if isinstance(outcome, NotStored):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
        for probe in work.probes:
            if not probe.done():
                probe.set_exception(failure) if failure else probe.set_result(None)

    # What follows runs in the writer's thread.

    def _run(self) -> None:
        while not self._stopping or self._busy:
            self._wakes.get()
            while work := self._next():
                outcomes, failure = self._commit(work.batch)
                self._loop.call_soon_threadsafe(self._answer, work, outcomes, failure)
        self._close()

    def _next(self) -> _Work | None:
        with self._lock:
            batch, probes = self._gathered[: self._fitting()], self._probes[:]
            del self._gathered[: len(batch)], self._probes[:]
            self._busy = bool(batch or probes)
        return _Work(batch, probes) if batch or probes else None

    def _fitting(self) -> int:
        size = 0
        for count, waiting in enumerate(self._gathered[:MAX_BATCH]):
            size += len(waiting.body)
            if count and size > MAX_BATCH_BYTES:
                return count
        return MAX_BATCH

    def _commit(self, batch: Sequence[_Waiting]) -> tuple[list[Outcome], NotStored | None]:
        read = [(one.body, one.reading or notifications.parse(one.body)) for one in batch]
        outcomes = self._record(read)
        failures = (outcome for outcome in outcomes if isinstance(outcome, NotStored))
        return outcomes[: len(batch)], next(failures, None)

    def _record(self, read: list[Read]) -> list[Outcome]:
        """Commit a batch; one that fails is split, so that a bad one stands alone."""
        try:
            return list(self._in_transaction(read))
        except NotStored as error:
            logger.error("not stored: %s", error)
            return [error] * max(len(read), 1)
        except Exception as error:  # a fault of ours may cost one notification its reading, no more
            # Without its text: databases quote in it what was refused.
            place = "".join(traceback.format_tb(error.__traceback__))
            logger.error(
                "%d notifications could not be recorded: %s\n%s",
                len(read), type(error).__name__, place,
            )  # fmt: skip
            if not read:
                return [NotStored(f"the database refuses to write ({type(error).__name__})")]
            if len(read) > 1:
                middle = len(read) // 2
                return self._record(read[:middle]) + self._record(read[middle:])
            return [self._set_aside(read[0][0], error)]

    def _set_aside(self, body: bytes, error: Exception) -> Outcome:
        unread = Reading(said=[], problems=[f"could not be recorded: {type(error).__name__}"])
        try:
            return self._in_transaction([(body, unread)])[0]
        except NotStored as not_stored:
            return not_stored
        except Exception as again:  # refused whatever it says: the thread must go on all the same
            self._close()
            return NotStored(f"it could not even be set aside ({type(again).__name__})")

    def _in_transaction(self, read: list[Read]) -> list[Receipt]:
        received_at = int(self._now() * 1000)
        connection = self._open()
        committing = False
        try:
            transaction = connection.begin()
            with pipelined(connection, sent_bytes=sum(len(body) for body, _ in read)):
                receipts = recording.record_read(connection, read, received_at=received_at)
                committing = True
                transaction.commit()
        except Exception as error:
            if not has_failed(error):
                # The database has refused something, and with it the whole transaction. SQLAlchemy
                # takes it for ended if the commit was under way already; the driver does not.
                connection.rollback()
                connection.connection.rollback()
                raise
            self._close()
            outcome = "its outcome is not known" if committing else "nothing was stored"
            raise NotStored(f"the database failed, {outcome} ({type(error).__name__})") from error
        return receipts

    def _open(self) -> Connection:
        if self._connection is None:
            try:
                self._connection = open_writer(self._database)
            except DatabaseUnavailable as error:
                raise NotStored(str(error)) from error
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
