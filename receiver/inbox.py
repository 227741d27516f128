"""Writer, watch, search index and handlers, started and stopped in the order in which they lean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Self

from receiver import account
from receiver.dispatch.desk import Desk
from receiver.dispatch.dispatcher import Dispatcher
from receiver.dispatch.routing import Handler
from receiver.dispatch.sending import MESSAGES_PER_SECOND, NAME, Sender
from receiver.errors import BadHandler
from receiver.maytapi.client import MaytapiClient
from receiver.settings import Settings
from receiver.store.database import Database
from receiver.store.indexing import Indexer
from receiver.store.watching import Watch
from receiver.store.writer import Writer


class Inbox:
    """What a process runs behind its face, on a database whose schema is right."""

    def __init__(
        self,
        database: Database,
        handlers: Sequence[Handler],
        *,
        account: Callable[[], MaytapiClient] | None = None,
        messages_per_second: float = MESSAGES_PER_SECOND,
        default_phone: str | None = None,
    ) -> None:
        """Without an account what is queued is not sent here.

        Raises:
            BadHandler: one has the name of ours.
        """
        self.database = database
        self.watch = Watch(database)
        self.writer = Writer(database, committed=self.watch.announce)
        desk = Desk(
            database=database, writer=self.writer, watch=self.watch, default_phone=default_phone
        )
        self._indexer = Indexer(database, self.writer, self.watch)
        if any(handler.name == NAME for handler in handlers):
            raise BadHandler(f"the name {NAME!r} is taken: give your handler another one")
        ours, closing = [], []
        if account is not None:
            sender = Sender(account, desk, messages_per_second=messages_per_second)
            ours, closing = [sender.handler], [sender.close]
        self.handlers = [*handlers, *ours]
        """Whom it works for, our own among them."""
        self._dispatcher = Dispatcher(desk, handlers)
        # In a loop of its own: a handler that blocks that of the others holds up nothing there.
        self._sending = Dispatcher(desk, ours, closing=closing)

    @classmethod
    def from_settings(
        cls, settings: Settings, database: Database, handlers: Sequence[Handler] | None
    ) -> Self:
        """Set up what the settings want; None for handlers leaves them, and sending, to others.

        Raises:
            StartError: a setting or a handler can't be right.
        """
        return cls(
            database,
            handlers or (),
            account=None if handlers is None else account.for_sending(settings),
            messages_per_second=settings.messages_per_second,
            default_phone=settings.default_phone,
        )

    async def __aenter__(self) -> Inbox:
        """Start.

        Raises:
            NotStored: the database can't be used.
        """
        async with AsyncExitStack() as running:
            running.callback(self.database.engine.dispose)
            await self.writer.start()
            running.push_async_callback(self.writer.stop)
            await asyncio.to_thread(self.watch.start)
            running.push_async_callback(asyncio.to_thread, self.watch.stop)
            self._indexer.start()
            running.push_async_callback(self._indexer.stop)
            self._dispatcher.start()
            self._sending.start()
            running.push_async_callback(self._stop_handlers)
            self._running = running.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let handlers finish, then the last commit, and close all connections."""
        await self._running.aclose()

    async def _stop_handlers(self) -> None:
        await asyncio.gather(
            asyncio.to_thread(self._dispatcher.stop), asyncio.to_thread(self._sending.stop)
        )
