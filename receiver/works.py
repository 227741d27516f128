"""Writer, watch, search index and handlers, started and stopped in the order in which they lean."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from receiver.dispatch.desk import Desk
from receiver.dispatch.dispatcher import Dispatcher
from receiver.dispatch.routing import Handler
from receiver.store.database import Database
from receiver.store.indexing import Indexer
from receiver.store.watching import Watch
from receiver.store.writer import Writer


class Works:
    """What a process runs behind its face, on a database whose schema is right."""

    def __init__(self, database: Database, handlers: Sequence[Handler]) -> None:
        self.database = database
        self.watch = Watch(database)
        self.writer = Writer(database, committed=self.watch.announce)
        desk = Desk(database=database, writer=self.writer, watch=self.watch)
        self._indexer = Indexer(database, self.writer, self.watch)
        self._dispatcher = Dispatcher(desk, handlers)

    async def __aenter__(self) -> Works:
        """Start.

        Raises:
            NotStored: the database can't be used.
        """
        await self.writer.start()
        await asyncio.to_thread(self.watch.start)
        self._indexer.start()
        self._dispatcher.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let handlers finish, then the last commit, and close all connections."""
        await asyncio.to_thread(self._dispatcher.stop)
        await self._indexer.stop()
        await self.writer.stop()
        await asyncio.to_thread(self.watch.stop)
        self.database.engine.dispose()
