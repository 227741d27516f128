"""Full-text search: what is written to either engine, and what it is asked.

Both get words that were cut by `receiver.store.words`, and no text of a person's: so one syntax
means the same on both, and nothing that is typed is a syntax error to an engine. The tables are
FTS5's on SQLite, and a tsvector with a GIN index on PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    TextClause,
    column,
    exists,
    select,
    table,
    text,
)
from sqlalchemy.engine import Connection, Row
from sqlmodel import col

from receiver.store.rows import Transaction, listed
from receiver.store.tables import ConversationRow, MessageRow
from receiver.store.words import Term, terms_of

MESSAGES = "message_words"
CONVERSATIONS = "conversation_words"

_FORGET = "DELETE FROM {table} WHERE rowid {{among_numbers}}"
_KEEP = {
    "sqlite": "INSERT INTO {table} (rowid, words) SELECT value ->> 0, value ->> 1 FROM {{each}} "
    "WHERE EXISTS (SELECT 1 FROM {owners} WHERE id = value ->> 0)",
    "postgresql": "INSERT INTO {table} (rowid, words) "
    "SELECT (value ->> 0)::bigint, (value ->> 1)::tsvector FROM {{each}} AS kept(value) "
    "WHERE EXISTS (SELECT 1 FROM {owners} WHERE id = (value ->> 0)::bigint)",
}
_OWNERS = {MESSAGES: "messages", CONVERSATIONS: "conversations"}
_MERGED_AT_ONCE = 200
"""Pages of the index that are written in one transaction."""

LATELY = 20_000
"""Messages that PostgreSQL looks through one by one before it turns to the index."""

LATELY_ACTIVE = 2_000
"""The same for conversations."""

_ROWID = table(MESSAGES, column("rowid", BigInteger)).c.rowid
_CONVERSATION_ROWID = table(CONVERSATIONS, column("rowid", BigInteger)).c.rowid

_PHONE = re.compile(r"\s*\+?[\d\s().-]*\d[\d\s().-]*\Z", re.ASCII)


def keep(transaction: Transaction, table: str, found: Sequence[tuple[int, list[str]]]) -> None:
    """Let rows be found by their words, and no longer by those of before.

    A row that is there no longer, since its words were read, can't be found again.
    """
    if not found:
        return
    transaction.execute(_FORGET.format(table=table), listed(id for id, _ in found))
    write = _plain if transaction.backend == "sqlite" else _vector
    rows = ((id, write(words)) for id, words in found if words)
    sql = _KEEP[transaction.backend].format(table=table, owners=_OWNERS[table])
    transaction.execute(sql, listed(rows))


def merge(transaction: Transaction, table: str, *, is_first: bool) -> bool:
    """Rewrite a part of SQLite's index, so that words are gone that only count as deleted.

    To be called, in transactions of their own, until it returns False: then all is rewritten.
    """
    [(before,)] = transaction.fetch("SELECT total_changes()")
    size = -_MERGED_AT_ONCE if is_first else _MERGED_AT_ONCE
    transaction.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', {{mark}})", size)
    [(changed,)] = transaction.fetch("SELECT total_changes()")
    return bool(changed - before > 1)


def message_ids(
    connection: Connection,
    question: str,
    conditions: Iterable[ColumnElement[bool] | TextClause],
    *,
    before: int | None,
    limit: int,
) -> Sequence[int]:
    """Return the ids of messages that hold what is looked for, the latest to arrive first."""
    terms = terms_of(question)
    if not terms:
        return []
    statement = select(_ROWID)
    if before is not None:
        statement = statement.where(before > _ROWID)
    if asked := list(conditions):
        is_it = col(MessageRow.id) == _ROWID
        statement = statement.where(exists().where(is_it, *asked).correlate(_ROWID.table))
    if connection.dialect.name == "sqlite":
        matching = statement.where(_match(connection, MESSAGES, terms))
        return connection.execute(matching.order_by(_ROWID.desc()).limit(limit)).scalars().all()
    return _from_either_end(connection, statement, terms, before=before, limit=limit)


def _from_either_end(
    connection: Connection,
    statement: Select[int],
    terms: Sequence[Term],
    *,
    before: int | None,
    limit: int,
) -> Sequence[int]:
    """Look through the latest messages, and only then into the index, which knows no order.

    A common word is soon found among the latest; of a rare one the index knows few places, and
    they are soon sorted. PostgreSQL's planner would go one way for all words alike.
    """
    if before is None:
        newest = select(_ROWID).order_by(_ROWID.desc()).limit(1)
        before = (connection.execute(newest).scalar() or 0) + 1
    lately = statement.where(before - LATELY < _ROWID, _holds(terms)).order_by(_ROWID.desc())
    found = connection.execute(lately.limit(limit)).scalars().all()
    if len(found) == limit:
        return found
    indexed = statement.where(_match(connection, MESSAGES, terms)).order_by((_ROWID + 0).desc())
    return connection.execute(indexed.limit(limit)).scalars().all()


def conversation_rows(
    connection: Connection, question: str, statement: Select[Any], *, limit: int
) -> Sequence[Row[Any]]:
    """Return those rows of conversations whose name or number is looked for, the latest first."""
    terms = _numbers_as_prefixes(question)
    if not terms:
        return []
    if connection.dialect.name == "postgresql":
        found = _lately_active(connection, statement, terms, limit)
        if len(found) == limit:
            return found
    matching = select(_CONVERSATION_ROWID).where(_match(connection, CONVERSATIONS, terms))
    at, id = col(ConversationRow.last_activity_at), col(ConversationRow.id)
    # Sorted after they were found: walking by activity, most would be looked at in vain.
    statement = statement.where(id.in_(matching)).order_by((at + 0).desc(), id.desc())
    return connection.execute(statement.limit(limit)).all()


def _lately_active(
    connection: Connection, statement: Select[Any], terms: Sequence[Term], limit: int
) -> Sequence[Row[Any]]:
    at, id = col(ConversationRow.last_activity_at), col(ConversationRow.id)
    latest = statement.order_by(at.desc(), id.desc()).limit(LATELY_ACTIVE).subquery()
    matches = exists().where(latest.c.id == _CONVERSATION_ROWID, _holds(terms))
    lately = select(latest).where(matches.correlate(latest))
    ordered = lately.order_by(latest.c.last_activity_at.desc(), latest.c.id.desc())
    return connection.execute(ordered.limit(limit)).all()


def _holds(terms: Sequence[Term]) -> TextClause:
    # By its function rather than its operator, which would lead into the index.
    return text("ts_match_vq(words, CAST(:terms AS tsquery))").bindparams(terms=_query(terms))


def _match(connection: Connection, name: str, terms: Sequence[Term]) -> TextClause:
    if connection.dialect.name == "sqlite":
        return text(f"{name} MATCH :terms").bindparams(terms=" AND ".join(map(_phrase, terms)))
    return text(f"{name}.words @@ CAST(:terms AS tsquery)").bindparams(terms=_query(terms))


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


def _query(terms: Sequence[Term]) -> str:
    return " & ".join(map(_followed, terms))


def _followed(term: Term) -> str:
    *first, last = (f"'{word}'" for word in term.words)
    return f"({' <-> '.join([*first, last + (':*' if term.is_prefix else '')])})"
