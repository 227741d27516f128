"""A stage: handlers at work on a database, and somebody who writes to us."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

from receiver import RetryPolicy, Router
from receiver.inbox import Inbox
from receiver.store.database import Database
from tests import bodies
from tests.store import recorded
from tests.waiting import until

AT_ONCE = RetryPolicy(attempts=3, first=timedelta(0))
"""Three tries, without a pause between them."""


class Stage:
    """Runs routers' handlers in this process, as `receiver serve` does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.inbox: Inbox | None = None
        self._runner = asyncio.Runner()
        self._keys = itertools.count()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._runner.close()

    def run(self, *routers: Router) -> None:
        """Put handlers to work, in place of those before."""
        self.stop()
        handlers = [handler for router in routers for handler in router.handlers()]
        self.inbox = Inbox(self.database, handlers)
        self._runner.run(self.inbox.__aenter__())

    def stop(self) -> None:
        """Ask the handlers to stop, and wait until they have."""
        if self.inbox:
            self._runner.run(self.inbox.__aexit__())
            self.inbox = None

    def say(self, *texts: str, chat: str = "1") -> None:
        """Receive messages of a chat, each recorded by itself."""
        for text in texts:
            key = f"3EB0{next(self._keys):06}"
            self.receive(bodies.message(key, text=text, chat=f"1555010000{chat}@c.us"))

    def receive(self, *received: bytes) -> None:
        """Record bodies, past the writer, and wake whoever reads the journal."""
        recorded.each(self.database, *received)
        if self.inbox:
            self.inbox.watch.announce(self.last_seq)

    def change(self, *statements: str) -> None:
        """Do what an operator does."""
        recorded.change(self.database, *statements)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Return what a query finds."""
        return recorded.rows(self.database, sql)

    @property
    def last_seq(self) -> int:
        """The number of the newest event."""
        return int(self.ask("SELECT seq FROM heads")[0]["seq"])

    def retries(self, columns: str = "seq, state, attempts") -> list[tuple[Any, ...]]:
        """Return what is owed, and the dead."""
        return [
            tuple(row.values()) for row in self.ask(f"SELECT {columns} FROM retries ORDER BY seq")
        ]

    def position(self, handler: str) -> int | None:
        """Return how far a handler has come; None before it is known."""
        rows = self.ask(f"SELECT seq FROM positions WHERE reader = '{handler}'")
        return rows[0]["seq"] if rows else None

    def reaches(self, handler: str, seq: int) -> None:
        """Wait until a handler has come so far."""
        until(lambda: self.position(handler) == seq)

    def settled(self, *handlers: str) -> None:
        """Wait until handlers have nothing before them and nothing that waits."""
        until(lambda: all(self._is_settled(handler) for handler in handlers))

    def _is_settled(self, handler: str) -> bool:
        waiting = "SELECT 1 FROM retries WHERE state <> 'dead' AND handler = "
        at_end = self.position(handler) == self.last_seq
        return at_end and not self.ask(f"{waiting} '{handler}'")
