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
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.engine import Connection

from receiver.errors import DatabaseUnavailable, NotStored, Overloaded, ReceiverError, Stopping
from receiver.maytapi import notifications
from receiver.maytapi.notifications import Reading
from receiver.store import recording
from receiver.store.changing import Change
from receiver.store.database import Database, has_failed, open_writer, reason_of
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
Result = TypeVar("Result")


class _Waiting(NamedTuple):
    body: bytes
    reading: Reading | None
    future: asyncio.Future[Receipt]


class _Job(NamedTuple):
    run: Callable[[Change], Any]
    appends: bool
    future: Future[Any]


class _Work(NamedTuple):
    """What goes into one transaction."""

    batch: list[_Waiting]
    jobs: list[_Job]


class Writer:
    """Records notifications, from one event loop, and does jobs for anybody, until `stop`."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], float] = time.time,
        committed: Callable[[int], None] = lambda seq: None,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        """`committed` is told, in the writer's thread, the last `seq` of the journal."""
        self._database = database
        self._now = now
        self._committed = committed
        self._max_waiting_bytes = max_waiting_bytes
        self._max_waiting = max_waiting
        self._connection: Connection | None = None
        self._session = 0
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._wakes: SimpleQueue[None] = SimpleQueue()
        # What the loop and the thread share; the lock is held for a few instructions only.
        self._lock = Lock()
        self._gathered: list[_Waiting] = []
        self._jobs: list[_Job] = []
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
        with self._lock:  # or what is being added meanwhile would not be seen by the thread
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
        if not self._add(self._gathered, _Waiting(body, reading, future)):
            self._loop.call_soon(self._wakes.put, None)
        self._waiting += 1
        self._waiting_bytes += size
        return await future

    @property
    def waiting(self) -> int:
        """How many notifications wait for their commit."""
        return self._waiting

    async def change(self, job: Callable[[Change], Result], *, appends: bool = False) -> Result:
        """Do a job as `submit` does, and return when what it changed is on disk."""
        return await asyncio.wrap_future(self.submit(job, appends=appends))

    def submit(self, job: Callable[[Change], Result], *, appends: bool = False) -> Future[Result]:
        """Let a job run in the next transaction; to be called from any thread.

        A job that `appends` may take numbers and tell events. It may run again when others fail in
        the same transaction, so all that it changes is in the database. The future raises what is
        a `ReceiverError` of the job's own, and otherwise `NotStored`.
        """
        future: Future[Result] = Future()
        if not self._add(self._jobs, _Job(job, appends, future)):
            self._wakes.put(None)
        return future

    async def probe(self) -> None:
        """Make a commit that changes nothing, to see that the next one would be possible.

        Raises:
            NotStored: it would not.
        """
        await self.change(lambda change: None, appends=True)

    def _add(self, gathered: list[Any], item: object) -> bool:
        """Add to what the next transaction holds; tell whether the thread is busy already."""
        with self._lock:
            if self._stopping:
                raise Stopping("the receiver is stopping")
            gathered.append(item)
            was_busy, self._busy = self._busy, True
        return was_busy

    def _answer(self, batch: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
        for waiting, outcome in zip(batch, outcomes, strict=True):
            self._waiting -= 1
            self._waiting_bytes -= len(waiting.body)
            if waiting.future.done():
                continue  # the client has gone; what it sent is stored all the same
            if isinstance(outcome, NotStored):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)

    # What follows runs in the writer's thread.

    def _run(self) -> None:
        while not self._stopping or self._busy:
            self._wakes.get()
            while work := self._next():
                read = [
                    (one.body, one.reading or notifications.parse(one.body)) for one in work.batch
                ]
                outcomes, results = self._record(read, work.jobs)
                if work.batch:
                    self._loop.call_soon_threadsafe(self._answer, work.batch, outcomes)
                _settle(work.jobs, results)
        self._close()

    def _next(self) -> _Work | None:
        with self._lock:
            batch, jobs = self._gathered[: self._fitting()], self._jobs[:]
            del self._gathered[: len(batch)], self._jobs[:]
            self._busy = bool(batch or jobs)
        jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        return _Work(batch, jobs) if self._busy else None

    def _fitting(self) -> int:
        size = 0
        for count, waiting in enumerate(self._gathered[:MAX_BATCH]):
            size += len(waiting.body)
            if count and size > MAX_BATCH_BYTES:
                return count
        return MAX_BATCH

    def _record(
        self, read: Sequence[Read], jobs: Sequence[_Job]
    ) -> tuple[list[Outcome], list[Any]]:
        """Commit all of it; what fails is split, so that a bad one stands alone."""
        try:
            receipts, results = self._in_transaction(read, jobs)
        except NotStored as error:
            logger.error("not stored: %s", error)
            return [error] * len(read), [error] * len(jobs)
        except ReceiverError as error:  # a job's word to whoever gave it
            if read or len(jobs) > 1:
                return self._split(read, jobs)
            return [], [error]
        except Exception as error:  # a fault of ours may cost one notification its reading, no more
            # Without its text: databases quote in it what was refused.
            place = "".join(traceback.format_tb(error.__traceback__))
            logger.error(
                "%d notifications and %d jobs could not be recorded: %s\n%s",
                len(read), len(jobs), type(error).__name__, place,
            )  # fmt: skip
            if len(read) + len(jobs) > 1:
                return self._split(read, jobs)
            if jobs:
                return [], [NotStored(f"the database refuses to write ({type(error).__name__})")]
            return [self._set_aside(read[0][0], error)], []
        return list(receipts), list(results)

    def _split(self, read: Sequence[Read], jobs: Sequence[_Job]) -> tuple[list[Outcome], list[Any]]:
        middle, half = len(read) // 2, len(jobs) // 2
        if read and jobs:
            middle, half = len(read), 0
        first = self._record(read[:middle], jobs[:half])
        second = self._record(read[middle:], jobs[half:])
        return first[0] + second[0], first[1] + second[1]

    def _set_aside(self, body: bytes, error: Exception) -> Outcome:
        unread = Reading(said=[], problems=[f"could not be recorded: {type(error).__name__}"])
        try:
            receipts, _ = self._in_transaction([(body, unread)], [])
        except NotStored as not_stored:
            return not_stored
        except Exception as again:  # refused whatever it says: the thread must go on all the same
            self._close()
            return NotStored(f"it could not even be set aside ({type(again).__name__})")
        return receipts[0]

    def _in_transaction(
        self, read: Sequence[Read], jobs: Sequence[_Job]
    ) -> tuple[list[Receipt], list[Any]]:
        at = int(self._now() * 1000)
        connection = self._open()
        committing = False
        try:
            transaction = connection.begin()
            with pipelined(connection, sent_bytes=sum(len(body) for body, _ in read)):
                appends = bool(read) or any(job.appends for job in jobs)
                change = Change(connection, at=at, appends=appends, session=self._session)
                receipts = recording.record_read(change, read) if read else []
                results = [job.run(change) for job in jobs]
                newest = change.finish()
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
            raise NotStored(f"the database failed, {outcome} ({reason_of(error)})") from error
        if newest is not None:
            self._committed(newest)
        return receipts, results

    def _open(self) -> Connection:
        if self._connection is None:
            try:
                self._session += 1
                self._connection = open_writer(self._database)
            except DatabaseUnavailable as error:
                raise NotStored(str(error)) from error
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _settle(jobs: Sequence[_Job], results: Sequence[Any]) -> None:
    for job, result in zip(jobs, results, strict=True):
        if isinstance(result, ReceiverError):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
