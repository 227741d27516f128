"""Wake whoever reads the journal when it has grown, without a delay and without asking on and on.

The writer of this process announces each commit. Other processes write too: on PostgreSQL theirs
are heard through NOTIFY. Because a connection that listens can be cut without a word, and on SQLite
nothing is told (a command may write beside the server), the last number is also looked up every few
seconds.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Lock, Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from receiver.errors import NotStored
from receiver.store import journal
from receiver.store.database import Database, unavailable

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
"""The net under NOTIFY, and how soon a cut connection is opened again."""


class Watch:
    """The last `seq` that is known to be committed; to be asked from any thread and any loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._waiting: dict[asyncio.Future[None], int] = {}
        """The number that each waits to be passed."""
        self.newest = 0
        self._listener = _Listener(database, self.announce)

    def start(self) -> None:
        """Find out where the journal ends, and listen to other processes.

        Raises:
            NotStored: the database can't be used.
        """
        try:
            with self._database.engine.connect() as connection:
                self.announce(journal.last_seq(connection))
        except DBAPIError as error:
            raise NotStored(str(unavailable(self._database.engine, error))) from error
        self._listener.start()

    def stop(self) -> None:
        """Listen no longer."""
        self._listener.stop()

    def announce(self, seq: int) -> None:
        """Tell everybody who waits for it that the journal reaches to `seq`."""
        with self._lock:
            if seq <= self.newest:
                return
            self.newest = seq
            passed = [future for future, awaited in self._waiting.items() if awaited < seq]
            for future in passed:
                del self._waiting[future]
        for future in passed:
            _wake(future)

    async def beyond(self, seq: int, *, within: timedelta | None = None) -> bool:
        """Wait until the journal reaches beyond `seq`; False when it didn't in time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if self.newest > seq:
                return True
            self._waiting[future] = seq
        try:
            async with asyncio.timeout(within.total_seconds() if within else None):
                await future
        except TimeoutError:
            return self.newest > seq
        finally:
            with self._lock:
                self._waiting.pop(future, None)
        return True


def _wake(future: asyncio.Future[None]) -> None:
    def settle() -> None:
        if not future.done():
            future.set_result(None)

    try:
        future.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:  # its loop has ended, and whoever waited with it
        logger.debug("nobody waits in a loop that has ended")


class _Listener:
    """A thread that hears of what other processes commit, or looks for it."""

    def __init__(self, database: Database, announce: Callable[[int], None]) -> None:
        self._database = database
        self._announce = announce
        self._thread = Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        self._stopped, self._stop = socket.socketpair()
        self._thread.start()

    def stop(self) -> None:
        if not self._thread.ident:
            return
        self._stop.send(b"x")
        self._thread.join()
        self._stop.close()
        self._stopped.close()

    def _run(self) -> None:
        engine = self._database.engine
        hear = self._look if self._database.file else self._listen
        while True:
            try:
                hear(engine)
            except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
                # Nothing is lost: readers go on with the next commit of this process.
                logger.warning("not hearing other processes: %s", type(error).__name__)
            if self._stopped_within(LOOK_EVERY):
                return

    def _look(self, engine: Engine) -> None:
        with engine.connect() as connection:
            self._announce(journal.last_seq(connection))

    def _listen(self, engine: Engine) -> None:
        """Hear until it is stopped."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            driver.add_notify_handler(self._hear)
            connection.exec_driver_sql(f"LISTEN {journal.CHANNEL}")
            self._announce(journal.last_seq(connection))
            while not self._stopped_within(LOOK_EVERY, driver.pgconn.socket):
                self._announce(journal.last_seq(connection))
            connection.exec_driver_sql(f"UNLISTEN {journal.CHANNEL}")
            driver.remove_notify_handler(self._hear)

    def _hear(self, notify: Any) -> None:
        # It may come together with the answer of a look that was made before it.
        with suppress(ValueError):  # of somebody who plays with the channel
            self._announce(int(notify.payload))

    def _stopped_within(self, time: timedelta, *sockets: int) -> bool:
        """Wait for the time, or for something to be heard; tell whether it is the end."""
        with selectors.DefaultSelector() as selector:
            for one in (self._stopped.fileno(), *sockets):
                selector.register(one, selectors.EVENT_READ)
            ready = selector.select(time.total_seconds())
        return any(key.fileobj == self._stopped.fileno() for key, _ in ready)
