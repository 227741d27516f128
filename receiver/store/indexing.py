"""The search index as a reader of the journal: some milliseconds behind, and no part of a write.

In the transaction that stores a message the index would halve the speed of storing. Here it is a
job of the writer once in a while, with a rest after each that is a multiple of the time it took:
the busier the writer, the less often. The position moves with what is written. Words are cut
beforehand, and written only of what still reads so: it may have been erased meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.engine import Connection

from receiver.errors import DatabaseFailed, NotStored
from receiver.events import EventType
from receiver.store import journal, positions, searching
from receiver.store.changing import Change
from receiver.store.database import Database
from receiver.store.positions import Position
from receiver.store.rows import Transaction, listed
from receiver.store.watching import Watch
from receiver.store.words import words_of
from receiver.store.writer import Writer

logger = logging.getLogger(__name__)

READER = "@search"

AT_ONCE = 500
"""Events in a job: a longer one would let notifications wait."""

REST = 8
"""Times as long as a job took, nothing is indexed."""

SHORTEST_REST = timedelta(milliseconds=20)
LOOK_EVERY = timedelta(seconds=0.5)
"""How soon it is seen that the process stops."""

TRY_AGAIN = timedelta(seconds=2)

_INDEXED = {
    EventType.MESSAGE_RECEIVED,
    EventType.MESSAGE_SENT,
    EventType.MESSAGE_REVISED,
    EventType.MESSAGE_QUEUED,
}

_EVENTS = f"""
SELECT seq, type, message_id, conversation_id FROM events
WHERE seq > {{mark}} ORDER BY seq LIMIT {AT_ONCE}
"""
_MESSAGES = "SELECT id, text, sender_name FROM messages WHERE id {among_numbers} ORDER BY id"
_CONVERSATIONS = "SELECT id, name, chat_id FROM conversations WHERE id {among_numbers}"


Row = tuple[int, str | None, str | None]
"""What may be found: its id, and the texts that its words are taken from."""


class Batch(NamedTuple):
    """What a run of events lets be found, each with its words."""

    last: int
    messages: dict[Row, list[str]]
    conversations: dict[Row, list[str]]


def gather(connection: Connection, after: int) -> Batch:
    """Read the events behind a position, and the words of what they brought."""
    transaction = Transaction(connection)
    events = transaction.fetch(_EVENTS, after)
    brought = [event for event in events if event[1] in _INDEXED]
    messages = transaction.fetch(_MESSAGES, listed({event[2] for event in brought}))
    chats = transaction.fetch(_CONVERSATIONS, listed({event[3] for event in brought}))
    return Batch(
        events[-1][0] if events else after,
        {row: message_words(*row[1:]) for row in messages},
        {row: conversation_words(*row[1:]) for row in chats},
    )


def message_words(text: str | None, sender_name: str | None) -> list[str]:
    """Return the words by which a message is found."""
    return _words(text, sender_name)


def conversation_words(name: str | None, chat_id: str) -> list[str]:
    """Return the words by which a conversation is found, its number among them."""
    return _words(name, chat_id.partition("@")[0])


def _words(*texts: str | None) -> list[str]:
    return [word for text in texts if text for word in words_of(text)]


def write(transaction: Transaction, batch: Batch) -> None:
    """Let it be found, as it is by now, and move the position.

    Only who has the right to write may call this: then nobody erases, or revises, in between.
    """
    messages = _as_of_now(transaction, _MESSAGES, batch.messages, message_words)
    searching.keep(transaction, searching.MESSAGES, messages)
    chats = _as_of_now(transaction, _CONVERSATIONS, batch.conversations, conversation_words)
    searching.keep(transaction, searching.CONVERSATIONS, chats)
    positions.move(transaction, READER, batch.last)


def _as_of_now(
    transaction: Transaction,
    question: str,
    read: dict[Row, list[str]],
    words: Callable[..., list[str]],
) -> list[tuple[int, list[str]]]:
    rows = transaction.fetch(question, listed(row[0] for row in read)) if read else ()
    return [(row[0], read[row] if row in read else words(*row[1:])) for row in rows]


def lag(connection: Connection) -> int:
    """Return how many events the index is behind the journal."""
    return journal.last_seq(connection) - (positions.find(Transaction(connection), READER) or 0)


class Indexer:
    """Keeps the index up, in one process at a time."""

    def __init__(self, database: Database, writer: Writer, watch: Watch) -> None:
        self._database = database
        self._writer = writer
        self._watch = watch
        self._known: dict[int, Row] = {}
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin; to be called in the loop of the writer."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is under way, and let another process go on."""
        self._stopping.set()
        if self._task:
            await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._keep_up()
            except (NotStored, DatabaseFailed) as error:
                logger.warning("the search index has to wait: %s", error)
            except Exception:  # a fault of ours may not end it for good
                logger.exception("the search index has to wait")
            await self._rest(TRY_AGAIN)

    async def _keep_up(self) -> None:
        position = await self._writer.change(lambda change: positions.take(change, READER, start=0))
        if position is None:
            return  # another process does it
        self._known.clear()  # what is written may be another's since
        after = position.seq
        while not self._stopping.is_set():
            if not await self._watch.beyond(after, within=LOOK_EVERY):
                continue
            begun = time.monotonic()
            after = await self._step(position, after)
            took = timedelta(seconds=time.monotonic() - begun)
            await self._rest(max(SHORTEST_REST, took * REST))
        await self._writer.change(lambda change: positions.release(change, READER))

    async def _step(self, position: Position, after: int) -> int:
        batch = await asyncio.to_thread(self._database.ask, gather, after)
        chats = batch.conversations.items()
        news = {row: words for row, words in chats if self._known.get(row[0]) != row}

        def job(change: Change) -> None:
            position.check(change)
            write(change.transaction, batch._replace(conversations=news))

        await self._writer.change(job, appends=True)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known.update((row[0], row) for row in news)
        return batch.last

    async def _rest(self, time: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(time.total_seconds()):
                await self._stopping.wait()
