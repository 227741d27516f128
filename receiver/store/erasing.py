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
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy.engine import Connection

from receiver.errors import DatabaseFailed
from receiver.events import ERASED
from receiver.maytapi.person import Person
from receiver.store import bodies, conversations, indexing, journal, searching, traces
from receiver.store.database import WRITER, Database, connected
from receiver.store.journal import Heads
from receiver.store.rows import Transaction, listed
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
_REACTORS = "SELECT DISTINCT reactor_id FROM reactions WHERE message_id {among_numbers}"
_REACTIONS = """
DELETE FROM reactions WHERE message_id {among_numbers} AND reactor_id {among_texts}
"""
_TALLIES = """
SELECT tally, message_id, at, fingerprint FROM poll_tallies WHERE message_id {among_numbers}
"""
_STRIKE_TALLY = """
UPDATE poll_tallies SET tally = {mark}
WHERE message_id = {mark} AND at = {mark} AND fingerprint = {mark}
"""
_TEXTS = """
SELECT text, media, quoted, error, payload, sender_name, id FROM messages WHERE id {among_numbers}
"""
_STRIKE_TEXTS = """
UPDATE messages SET text = {mark}, media = {mark}, quoted = {mark}, error = {mark}, payload = {mark}
WHERE id = {mark}
"""
_REQUESTS = "SELECT request, message_id FROM sends WHERE message_id {among_numbers}"
_STRIKE_REQUEST = "UPDATE sends SET request = {mark} WHERE message_id = {mark}"
_DATA = "SELECT data, seq FROM events WHERE seq {among_numbers}"
_STRIKE_DATA = "UPDATE events SET data = {mark} WHERE seq = {mark}"
_NAMES = "SELECT name, chat_id, id FROM conversations WHERE id {among_numbers}"
_STRIKE_NAME = "UPDATE conversations SET name = {mark} WHERE id = {mark}"
_STATES = "SELECT state, handler, conversation_id FROM handler_states"
_ERRORS = "SELECT error, handler, seq FROM retries"
_THOSE = {
    _STATES: "WHERE handler = {mark} AND conversation_id {among_numbers}",
    _ERRORS: "WHERE handler = {mark} AND seq {among_numbers}",
}
_STRIKE_STATE = """
UPDATE handler_states SET state = {mark} WHERE handler = {mark} AND conversation_id = {mark}
"""
_STRIKE_ERROR = "UPDATE retries SET error = {mark} WHERE handler = {mark} AND seq = {mark}"
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
        for question, change, struck in (
            (_STATES, _STRIKE_STATE, _json),
            (_ERRORS, _STRIKE_ERROR, _text),
        ):
            naming: dict[str, set[int]] = {}
            for kept, handler, id in fetch(question):
                if self._person.is_in(kept):
                    naming.setdefault(handler, set()).add(id)
            for handler, ids in naming.items():
                for some in traces.chunks(ids, self._page):
                    with self._transaction() as transaction:
                        self._strike(
                            transaction, f"{question} {_THOSE[question]}", change, struck,
                            handler, some,
                        )  # fmt: skip

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
        for step, ids in (
            (self._events, found.problems),
            (self._bodies, found.notifications),
            (self._events, found.events),
            (self._data, found.telling),
            (self._reactions, found.reacted),
            (self._texts, found.naming),
            (self._names, found.named),
            (self._messages, found.messages),
        ):
            for some in traces.chunks(ids, self._page):
                yield step, some

    def _bodies(self, transaction: Transaction, ids: list[int]) -> None:
        transaction.execute(_BODIES, b"", bodies.ERASED, ids)

    def _events(self, transaction: Transaction, ids: list[int]) -> None:
        transaction.execute(_EVENTS, ERASED, ids)
        transaction.execute(_OWED, ids)

    def _data(self, transaction: Transaction, ids: list[int]) -> None:
        self._strike(transaction, _DATA, _STRIKE_DATA, _json, ids)

    def _reactions(self, transaction: Transaction, ids: list[int]) -> None:
        reactors = [id for (id,) in transaction.fetch(_REACTORS, ids)]
        theirs = listed(id for id in reactors if self._person.is_named(id))
        transaction.execute(_REACTIONS, ids, theirs)
        self._strike(transaction, _TALLIES, _STRIKE_TALLY, _json, ids)

    def _texts(self, transaction: Transaction, ids: list[int]) -> None:
        person, keys = self._person, self.total.keys
        kept = []
        for text, media, quoted, error, payload, name, id in transaction.fetch(_TEXTS, ids):
            text = _text(person, keys, text)
            if quoted and person.is_of(orjson.loads(quoted), keys):
                quoted = None
            others = [_json(person, keys, one) for one in (media, quoted, error, payload)]
            transaction.execute(_STRIKE_TEXTS, text, *others, id)
            kept.append((id, indexing.words(text, name)))
        searching.keep(transaction, searching.MESSAGES, kept)
        self._strike(transaction, _REQUESTS, _STRIKE_REQUEST, _json, ids)

    def _names(self, transaction: Transaction, ids: list[int]) -> None:
        kept = []
        for name, chat_id, id in transaction.fetch(_NAMES, ids):
            struck = self._person.struck_from(name)
            transaction.execute(_STRIKE_NAME, struck, id)
            kept.append((id, indexing.words(struck, chat_id.partition("@")[0])))
        searching.keep(transaction, searching.CONVERSATIONS, kept)

    def _messages(self, transaction: Transaction, ids: list[int]) -> None:
        chats = {id for (id,) in transaction.fetch(_CHATS_OF, ids)} - self.total.conversations
        for rows in _OF_MESSAGES:
            transaction.execute(f"DELETE FROM {rows} {{among_numbers}}", ids)
        searching.keep(transaction, searching.MESSAGES, [(id, []) for id in ids])
        conversations.summarise(transaction, chats)

    def _strike(
        self,
        transaction: Transaction,
        question: str,
        change: str,
        struck: Callable[[Person, Collection[int], str | None], str | None],
        *those: object,
    ) -> None:
        """Take the person out of the first column of rows, of which the others are the key."""
        for before, *key in transaction.fetch(question, *those):
            if self._person.is_in(before):
                transaction.execute(change, struck(self._person, self.total.keys, before), *key)


def _text(person: Person, keys: Collection[int], text: str | None) -> str | None:
    return text and person.struck_from(text)


def _json(person: Person, keys: Collection[int], text: str | None) -> str | None:
    return text and orjson.dumps(person.struck_out(orjson.loads(text), keys)).decode()


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
