"""Full-text search: what is written to either engine, and what it is asked.

Both get words that were cut by `receiver.store.words`, and no text of a person's: so one syntax
means the same on both, and nothing that is typed is a syntax error to an engine. The tables are
FTS5's on SQLite, and a tsvector with a GIN index on PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, column, exists, false, select, table, text
from sqlalchemy.engine import Connection
from sqlmodel import col

from receiver.store.rows import Transaction, listed
from receiver.store.tables import ConversationRow, MessageRow
from receiver.store.words import Term, terms_of

MESSAGES = "message_words"
CONVERSATIONS = "conversation_words"

_FORGET = "DELETE FROM {table} WHERE rowid {{among_numbers}}"
_KEEP = {
    "sqlite": "INSERT INTO {table} (rowid, words) SELECT value ->> 0, value ->> 1 FROM {{each}}",
    "postgresql": "INSERT INTO {table} (rowid, words) "
    "SELECT (value ->> 0)::bigint, (value ->> 1)::tsvector FROM {{each}} AS kept(value)",
}
_PHONE = re.compile(r"\s*\+?[\d\s().-]*\d[\d\s().-]*\Z", re.ASCII)


def keep(transaction: Transaction, table: str, found: Sequence[tuple[int, list[str]]]) -> None:
    """Let rows be found by their words, and no longer by those of before."""
    if not found:
        return
    transaction.execute(_FORGET.format(table=table), listed(id for id, _ in found))
    write = _plain if transaction.backend == "sqlite" else _vector
    rows = ((id, write(words)) for id, words in found if words)
    transaction.execute(_KEEP[transaction.backend].format(table=table), listed(rows))


def message_ids(
    connection: Connection,
    question: str,
    conditions: Iterable[ColumnElement[bool] | TextClause],
    *,
    before: int | None,
    limit: int,
) -> Sequence[int]:
    """Return the ids of messages that hold what is looked for, the latest to arrive first."""
    matches = _matches(connection, MESSAGES, terms_of(question))
    if matches is None:
        return []
    words = table(MESSAGES, column("rowid"))
    statement = select(words.c.rowid).where(matches).order_by(words.c.rowid.desc()).limit(limit)
    if before is not None:
        statement = statement.where(words.c.rowid < before)
    if asked := list(conditions):
        is_it = col(MessageRow.id) == words.c.rowid
        statement = statement.where(exists().where(is_it, *asked).correlate(words))
    return connection.execute(statement).scalars().all()


def in_conversations(connection: Connection, question: str, statement: Select[Any]) -> Select[Any]:
    """Narrow a question down to conversations of this name or number."""
    matches = _matches(connection, CONVERSATIONS, _numbers_as_prefixes(question))
    if matches is None:
        return statement.where(false())
    words = table(CONVERSATIONS, column("rowid"))
    return statement.where(col(ConversationRow.id).in_(select(words.c.rowid).where(matches)))


def _matches(connection: Connection, name: str, terms: Sequence[Term]) -> TextClause | None:
    if not terms:
        return None
    if connection.dialect.name == "sqlite":
        return text(f"{name} MATCH :terms").bindparams(terms=" AND ".join(map(_phrase, terms)))
    # A plan for any terms would be wrong for most: some are in every second message.
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    query = " & ".join(map(_followed, terms))
    return text(f"{name}.words @@ CAST(:terms AS tsquery)").bindparams(terms=query)


def _numbers_as_prefixes(question: str) -> list[Term]:
    """Read a question where the beginning of a phone number will do, however it is written."""
    if _PHONE.match(question):
        question = re.sub(r"\D", "", question)
    return [
        term._replace(is_prefix=term.is_prefix or term.words[-1].isdigit())
        for term in terms_of(question)
    ]


def _plain(words: list[str]) -> str:
    return " ".join(words)


def _vector(words: list[str]) -> str:
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}'


def _followed(term: Term) -> str:
    *first, last = (f"'{word}'" for word in term.words)
    return f"({' <-> '.join([*first, last + (':*' if term.is_prefix else '')])})"
