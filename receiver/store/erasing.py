"""Erase a person: rows, events and bodies that are theirs, and their name from those of others.

Each change is a transaction of its own, beside whatever process writes, with a rest after it in
which that one can go on. Bodies are erased before events, and messages last, because they lead to
one another (`receiver.store.traces`): who is stopped in between can begin again. What comes
meanwhile is erased with the conversations, in the last transaction.

A body that names the person is emptied as a whole; what it said of others is in their rows. Events
keep their `seq`, and say no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from receiver.errors import DatabaseFailed
from receiver.events import ERASED
from receiver.maytapi.person import Person
from receiver.store import bodies, conversations, journal, searching, striking, traces
from receiver.store.database import WRITER, Database, connected
from receiver.store.journal import Heads
from receiver.store.rows import Transaction, listed
from receiver.store.striking import Strike
from receiver.store.traces import PAGE, Fetch, Traces

SHORTEST_REST = timedelta(milliseconds=20)
_PATIENCE = timedelta(seconds=1)

Told = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """How much was erased, or would be."""

    conversations: int
    messages: int
    reactions: int
    """Messages of others that the person has reacted to, or voted about."""
    mentions: int
    """Messages of others that name or quote the person; they stay, without that."""
    events: int
    notifications: int
    unsent: int
    """Messages that are still to be sent to others, and name the person: they are left."""
    groups: list[str]
    """Groups that have the number in their id, and stay."""
    also: list[str]
    """Other names of the person, of which nothing was erased."""


_BODIES = """
UPDATE notifications SET encoding = 'identity', body = {mark}, status = 'stored', reason = {mark}
WHERE id {among_numbers}
"""
_EVENTS = """
UPDATE events SET type = {mark}, conversation_id = NULL, message_id = NULL, data = '{{}}'
WHERE seq {among_numbers}
"""
_OWED = "DELETE FROM retries WHERE seq {among_numbers}"
_CHATS_OF = "SELECT DISTINCT conversation_id FROM messages WHERE id {among_numbers}"
_OF_MESSAGES = (
    "acks WHERE message_id", "reactions WHERE message_id", "poll_tallies WHERE message_id",
    "sends WHERE message_id", "merged_messages WHERE message_id", "messages WHERE id",
)  # fmt: skip
_SUBJECTS = """
DELETE FROM states WHERE subject IN (
    SELECT 'live ' || phone_id || ' ' || chat_id FROM conversations WHERE id {among_numbers})
"""
_OF_CONVERSATIONS = (
    "handler_states WHERE conversation_id", "retries WHERE conversation_id",
    "conversations WHERE id",
)  # fmt: skip
_NOTHING = Heads(0, 0, 0, 0)


def count(
    database: Database,
    person: Person,
    *,
    told: Told = lambda done, last: None,
    page: int = PAGE,
) -> Erased:
    """Tell what `erase` would erase.

    Raises:
        IsOurs: the number is one of our own phones'.
        DatabaseFailed: it can't be read.
    """
    fetch = _asking(database)
    upto = database.ask(_heads)
    return _summed(
        traces.look(fetch, person, Traces(), after=_NOTHING, upto=upto, page=page, told=told)
    )


def erase(
    database: Database,
    person: Person,
    *,
    told: Told = lambda done, last: None,
    rest: Callable[[float], None] = time.sleep,
    page: int = PAGE,
) -> Erased:
    """Erase a person; who is broken off can begin again, and gets it done.

    On SQLite what is deleted is overwritten, but in the log: see `scrub`.

    Raises:
        IsOurs: the number is one of our own phones'; nothing was erased.
        DatabaseFailed: what was done until then stays.
    """
    with connected(database.engine, **WRITER) as connection:
        eraser = _Eraser(connection, person, rest, page)
        fetch = _asking(database)
        after, upto = _NOTHING, database.ask(_heads)
        while _is_far(after, upto, page):
            eraser.erase(fetch, after, upto, told)
            after, upto = upto, database.ask(_heads)
        eraser.finish(after)
        eraser.strike_what_handlers_keep(fetch)
        if database.file:
            eraser.merge_words()
        return _summed(eraser.total)


def scrub(database: Database, *, alone: bool) -> bool:
    """Let nothing that was deleted be left in SQLite's files; tell whether that was done.

    The log is emptied. Only where no other process is at work is the file also written anew: what
    we delete is overwritten, what others have deleted in it need not be.
    """
    try:
        with connected(database.engine) as connection:
            driver: Any = connection.connection.driver_connection
            # Who waits for readers here lets nobody write.
            driver.execute(f"PRAGMA busy_timeout = {_PATIENCE // timedelta(milliseconds=1)}")
            if alone:
                driver.execute("VACUUM")
            [busy, *_] = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
    except DatabaseFailed:
        return False


class _Eraser:
    """Erases what is found, a page in each transaction."""

    def __init__(
        self, connection: Connection, person: Person, rest: Callable[[float], None], page: int
    ) -> None:
        self.total = Traces()
        self._connection = connection
        self._person = person
        self._rest = rest
        self._page = page

    def erase(self, fetch: Fetch, after: Heads, upto: Heads, told: Told) -> None:
        """Erase what was left between two states of the heads, but for the conversations."""
        found = traces.look(
            fetch, self._person, self.total, after=after, upto=upto, page=self._page, told=told
        )
        self.total |= found
        for step, ids in self._steps(found):
            with self._transaction() as transaction:
                step(transaction, ids)

    def finish(self, after: Heads) -> None:
        """Erase what came meanwhile, and the conversations, before anybody else writes."""
        with self._transaction() as transaction:
            upto = _heads(self._connection)
            found = traces.look(
                transaction.fetch, self._person, self.total, after=after, upto=upto, page=self._page
            )
            self.total |= found
            for step, ids in self._steps(found):
                step(transaction, ids)
            ids = listed(self.total.conversations)
            transaction.execute(_SUBJECTS, ids)
            for rows in _OF_CONVERSATIONS:
                transaction.execute(f"DELETE FROM {rows} {{among_numbers}}", ids)
            searching.keep(transaction, searching.CONVERSATIONS, [(id, []) for id in ids])

    def strike_what_handlers_keep(self, fetch: Fetch) -> None:
        """Take the person out of the states of other conversations, and out of errors."""
        strike = Strike(self._person, self.total.keys)
        for kept in striking.KEPT_BY_HANDLERS:
            for handler, ids in strike.naming(fetch, kept).items():
                for some in traces.chunks(ids, self._page):
                    with self._transaction() as transaction:
                        strike.kept(transaction, kept, handler, some)

    def merge_words(self) -> None:
        """Let the index of words forget what only counts as deleted."""
        for table in (searching.MESSAGES, searching.CONVERSATIONS):
            is_first, goes_on = True, True
            while goes_on:
                with self._transaction() as transaction:
                    goes_on = searching.merge(transaction, table, is_first=is_first)
                is_first = False

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        begun = time.monotonic()
        with self._connection.begin():
            transaction = Transaction(self._connection)
            journal.lock(transaction)
            yield transaction
        # Whoever waited for the right to write, and asks for it now and then, must find it free.
        self._rest(max(SHORTEST_REST.total_seconds(), time.monotonic() - begun))

    def _steps(
        self, found: Traces
    ) -> Iterator[tuple[Callable[[Transaction, list[int]], None], list[int]]]:
        strike = Strike(self._person, self.total.keys)
        for step, ids in (
            (self._events, found.problems),
            (self._bodies, found.notifications),
            (self._events, found.events),
            (strike.data, found.telling),
            (strike.reactions, found.reacted),
            (strike.texts, found.naming),
            (strike.names, found.named),
            (self._messages, found.messages),
        ):
            for some in traces.chunks(ids, self._page):
                yield step, some

    def _bodies(self, transaction: Transaction, ids: list[int]) -> None:
        transaction.execute(_BODIES, b"", bodies.ERASED, ids)

    def _events(self, transaction: Transaction, ids: list[int]) -> None:
        transaction.execute(_EVENTS, ERASED, ids)
        transaction.execute(_OWED, ids)

    def _messages(self, transaction: Transaction, ids: list[int]) -> None:
        chats = {id for (id,) in transaction.fetch(_CHATS_OF, ids)} - self.total.conversations
        for rows in _OF_MESSAGES:
            transaction.execute(f"DELETE FROM {rows} {{among_numbers}}", ids)
        searching.keep(transaction, searching.MESSAGES, [(id, []) for id in ids])
        conversations.summarise(transaction, chats)


def _asking(database: Database) -> Fetch:
    """Ask each question by itself, so that nobody has to wait for the next one."""

    def fetch(connection: Connection, question: str, those: tuple[Any, ...]) -> Sequence[Any]:
        return Transaction(connection).fetch(question, *those)

    return lambda question, *those: database.ask(fetch, question, those)


def _heads(connection: Connection) -> Heads:
    return journal.heads(Transaction(connection))


def _is_far(after: Heads, upto: Heads, page: int) -> bool:
    """Tell whether more has come than the last transaction should hold."""
    before, now = asdict(after), asdict(upto)
    return any(now[name] - before[name] > page for name in now)


def _summed(found: Traces) -> Erased:
    return Erased(
        conversations=len(found.conversations),
        messages=len(found.messages),
        reactions=len(found.reacted),
        mentions=len(found.naming),
        events=len(found.events) + len(found.problems),
        notifications=len(found.notifications),
        unsent=len(found.unsent),
        groups=sorted(found.groups),
        also=sorted(found.also),
    )
