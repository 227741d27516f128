"""What handlers and their shifts share in a process: the store, the clock, chance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import Random
from typing import Any, Concatenate

import orjson

from receiver.maytapi import decoding
from receiver.maytapi.outgoing import Outgoing
from receiver.store import queueing
from receiver.store.database import Answer, Database, Parameters
from receiver.store.views import conversations, messages
from receiver.store.views.filters import MessageFilter
from receiver.store.watching import Watch
from receiver.store.writer import Writer


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The store as dispatch uses it."""

    database: Database
    writer: Writer
    watch: Watch
    default_phone: str | None = None
    """The phone that sends where an event names none."""
    random: Random = field(default_factory=Random)
    clock: Callable[[], float] = time.time

    def now(self) -> int:
        """Return the time, in milliseconds since 1970 (UTC)."""
        return int(self.clock() * 1000)

    async def read(
        self,
        question: Callable[Concatenate[Any, Parameters], Answer],
        *arguments: Parameters.args,
        **options: Parameters.kwargs,
    ) -> Answer:
        """Ask the store in a thread."""
        return await asyncio.to_thread(lambda: self.database.ask(question, *arguments, **options))

    def queue(self, message: Outgoing, origin: str) -> Future[int]:
        """Queue a message once for its origin; the future has its id."""
        return self.writer.submit(
            lambda change: queueing.queue(change, message, origin=origin).message_id, appends=True
        )

    def message(self, message_id: int) -> dict[str, Any] | None:
        """Return a message as REST shows it, or None."""
        found = messages.find(self.database.engine, str(message_id))
        return _shown(found) if found else None

    def conversation(self, conversation_id: int) -> dict[str, Any] | None:
        """Return a conversation as REST shows it, or None."""
        found = conversations.find(self.database.engine, conversation_id)
        return _shown(found) if found else None

    def history(self, conversation_id: int, limit: int) -> list[dict[str, Any]]:
        """Return the last messages of a conversation as REST shows them, the oldest first."""
        wanted = MessageFilter(conversation_id=conversation_id)
        page = messages.recent(self.database.engine, wanted, limit=limit)
        return [_shown(view) for view in reversed(page.data)]


def _shown(view: object) -> dict[str, Any]:
    shown: dict[str, Any] = decoding.reread(orjson.dumps(view))
    return shown
