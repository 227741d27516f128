"""Strike a person out of what is not theirs: others' messages, and what handlers keep."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

import orjson

from receiver.maytapi.person import Person
from receiver.store import indexing, queueing, searching
from receiver.store.rows import Transaction, listed
from receiver.store.traces import Fetch

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
_ORIGINS = "SELECT origin, message_id FROM sends WHERE message_id {among_numbers}"
_STRIKE_ORIGIN = "UPDATE sends SET origin = {mark} WHERE message_id = {mark}"
_DATA = "SELECT data, seq FROM events WHERE seq {among_numbers}"
_STRIKE_DATA = "UPDATE events SET data = {mark} WHERE seq = {mark}"
_NAMES = "SELECT name, chat_id, id FROM conversations WHERE id {among_numbers}"
_STRIKE_NAME = "UPDATE conversations SET name = {mark} WHERE id = {mark}"

_Struck = Callable[["Strike", str], str]


class Strike:
    """Takes a person out of rows that stay; `keys` are of the messages that are erased."""

    def __init__(self, person: Person, keys: Collection[int]) -> None:
        self._person = person
        self._keys = keys

    def data(self, transaction: Transaction, ids: list[int]) -> None:
        """Strike events that tell of others."""
        self._all(transaction, _DATA, _STRIKE_DATA, Strike.json, ids)

    def reactions(self, transaction: Transaction, ids: list[int]) -> None:
        """Take back reactions and votes about messages of others."""
        reactors = [id for (id,) in transaction.fetch(_REACTORS, ids)]
        theirs = listed(id for id in reactors if self._person.is_named(id))
        transaction.execute(_REACTIONS, ids, theirs)
        self._all(transaction, _TALLIES, _STRIKE_TALLY, Strike.json, ids)

    def texts(self, transaction: Transaction, ids: list[int]) -> None:
        """Strike messages of others; what they quote of the person goes as a whole."""
        kept = []
        for text, media, quoted, error, payload, name, id in transaction.fetch(_TEXTS, ids):
            struck = text and self.text(text)
            if quoted and self._person.is_of(orjson.loads(quoted), self._keys):
                quoted = None
            others = [one and self.json(one) for one in (media, quoted, error, payload)]
            transaction.execute(_STRIKE_TEXTS, struck, *others, id)
            kept.append((id, indexing.message_words(struck, name)))
        searching.keep(transaction, searching.MESSAGES, kept)
        self._all(transaction, _REQUESTS, _STRIKE_REQUEST, Strike.json, ids)
        self._all(transaction, _ORIGINS, _STRIKE_ORIGIN, Strike.origin, ids)

    def names(self, transaction: Transaction, ids: list[int]) -> None:
        """Strike the names of conversations that stay."""
        kept = []
        for name, chat_id, id in transaction.fetch(_NAMES, ids):
            struck = self._person.struck_from(name)
            transaction.execute(_STRIKE_NAME, struck, id)
            kept.append((id, indexing.conversation_words(struck, chat_id)))
        searching.keep(transaction, searching.CONVERSATIONS, kept)

    def naming(self, fetch: Fetch, kept: Kept) -> dict[str, set[int]]:
        """Return, by handler, the rows of what it keeps that name the person."""
        found: dict[str, set[int]] = {}
        for text, handler, id in fetch(kept.question):
            if self._person.is_in(text):
                found.setdefault(handler, set()).add(id)
        return found

    def kept(self, transaction: Transaction, kept: Kept, handler: str, ids: list[int]) -> None:
        """Strike such rows of a handler."""
        question = f"{kept.question} WHERE handler = {{mark}} AND {kept.key} {{among_numbers}}"
        self._all(transaction, question, kept.change, kept.struck, handler, ids)

    def text(self, text: str) -> str:
        """Return a text without the person."""
        return self._person.struck_from(text)

    def json(self, text: str) -> str:
        """Return JSON without the person."""
        return orjson.dumps(self._person.struck_out(orjson.loads(text), self._keys)).decode()

    def origin(self, origin: str) -> str:
        """Return what still tells a repeated request, which may not be sent again."""
        return queueing.digest_of(origin)

    def _all(
        self,
        transaction: Transaction,
        question: str,
        change: str,
        struck: _Struck,
        *those: object,
    ) -> None:
        """Strike the first column of rows, of which the others are the key."""
        for before, *key in transaction.fetch(question, *those):
            if self._person.is_in(before):
                transaction.execute(change, struck(self, before), *key)


class Kept(NamedTuple):
    """What handlers keep: how it is found, and how it is struck."""

    question: str
    key: str
    """The column that, with the handler, tells a row."""
    change: str
    struck: _Struck


KEPT_BY_HANDLERS = (
    Kept(
        "SELECT state, handler, conversation_id FROM handler_states",
        "conversation_id",
        "UPDATE handler_states SET state = {mark} "
        "WHERE handler = {mark} AND conversation_id = {mark}",
        Strike.json,
    ),
    Kept(
        "SELECT error, handler, seq FROM retries",
        "seq",
        "UPDATE retries SET error = {mark} WHERE handler = {mark} AND seq = {mark}",
        Strike.text,
    ),
)
"""States of conversations, and errors of events."""
