"""A transaction of the writer, straight on the driver.

SQLAlchemy opens and ends it; in between it would cost several times what the statements do. Rows
are named tuples whose fields are the columns. Questions are written once for both databases, with
these places: `{mark}` is a parameter; `{among_numbers}` and `{among_texts}` hold for a column whose
value is in a list, and `{each}` is a table of a column `value` with an element of a list in each
row, where a list is one parameter made by `listed`. So a statement is the same for any length,
is prepared once, and no limit on parameters can be met. On PostgreSQL rows are sent as columns:
an array for each is far less work for its server than a parameter for each value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from receiver.store.arrays import Packed, packed

_Statement = Callable[[str, type[SQLModel], tuple[str, ...], str], str]

_PIPELINED_BYTES = 64 * 1024
_CHUNKS = (*range(64, 3, -4), 3, 2, 1)

_OR_FAIL = "OR FAIL "
"""What a constraint refuses fails the whole transaction, whatever the statement leaves behind: so
SQLite need not keep a copy of every page that it changes, only to undo one statement of several.
"""

_PLACES = {
    "sqlite": {
        "mark": "?",
        "each": "json_each(?)",
        "among_numbers": "IN (SELECT value FROM json_each(?))",
        "among_texts": "IN (SELECT value FROM json_each(?))",
    },
    "postgresql": {
        "mark": "%s",
        "each": "json_array_elements(%s::json)",
        "among_numbers": "= ANY(%s::bigint[])",
        "among_texts": "= ANY(%s::text[])",
    },
}


class Transaction:
    """What a transaction can do; whoever began it commits."""

    def __init__(self, connection: Connection) -> None:
        self.backend = connection.dialect.name
        """`sqlite` or `postgresql`."""
        self._driver = connection.connection

    def insert_new(self, table: type[SQLModel], rows: Sequence[NamedTuple]) -> None:
        """Insert rows, passing over those that a constraint knows already."""
        self._write(_insert, table, rows)

    def insert_counted(self, table: type[SQLModel], rows: Sequence[NamedTuple]) -> int:
        """Insert rows as `insert_new` does, and return how many went in."""
        if self.backend == "sqlite":
            return sum(cursor.rowcount for cursor in self._write(_insert, table, rows))
        # In a pipeline the driver counts when it is asked for rows.
        return sum(len(cursor.fetchall()) for cursor in self._write(_insert_returning, table, rows))

    def update(self, table: type[SQLModel], rows: Sequence[NamedTuple]) -> None:
        """Update rows, each once, by their last field; the others are set."""
        self._write(_update, table, rows)

    def fetch(self, sql: str, *parameters: Any) -> Sequence[Any]:
        """Return the rows of a question."""
        found: Sequence[Any] = self._run(sql, parameters).fetchall()
        return found

    def execute(self, sql: str, *parameters: Any) -> None:
        """Run any other statement."""
        self._run(sql, parameters)

    def _run(self, sql: str, parameters: Sequence[Any]) -> Any:
        given = [_given(self.backend, one) if isinstance(one, list) else one for one in parameters]
        return self._execute(_completed(self.backend, sql), given)

    def _write(
        self, statement: _Statement, table: type[SQLModel], rows: Sequence[NamedTuple]
    ) -> list[Any]:
        if not rows:
            return []
        columns = rows[0]._fields
        if self.backend == "postgresql":
            source = _unnested(table, columns)
            return [self._execute(statement("", table, columns, source), _packed(table, rows))]
        return [
            self._execute(
                statement(_OR_FAIL, table, columns, _values(len(columns), len(chunk))),
                [*chain.from_iterable(chunk)],
            )
            for chunk in _chunks(rows)
        ]

    def _execute(self, sql: str, parameters: Sequence[Any]) -> Any:
        # A cursor for each statement: in a pipeline its result may come after the next was sent.
        cursor = self._driver.cursor()
        cursor.execute(sql, parameters)
        return cursor


def pipelined(connection: Connection, *, sent_bytes: int) -> AbstractContextManager[object]:
    """Return a context in which PostgreSQL is asked on, while nobody waits for an answer.

    What fails may say so only when an answer is wanted, at the latest at the end of the context.
    psycopg 3.3 begins to wait for the answer to a commit while a part of a large statement is
    unsent, and waits for ever: more than a socket surely takes is sent without a pipeline.
    """
    if connection.dialect.name == "sqlite" or sent_bytes > _PIPELINED_BYTES:
        return nullcontext()
    driver = connection.connection.driver_connection
    assert driver is not None
    pipeline: AbstractContextManager[object] = driver.pipeline()
    return pipeline


def listed(values: Iterable[Any]) -> list[Any]:
    """Make the parameter that stands for a list: of numbers, of texts, or of rows of texts."""
    return list(values)


@cache
def _completed(backend: str, sql: str) -> str:
    return sql.format(**_PLACES[backend])


def _given(backend: str, values: list[Any]) -> str | Packed | None:
    if backend == "postgresql":
        if not values:
            return None  # of whatever type the place is
        if not isinstance(values[0], tuple):
            return packed("TEXT" if isinstance(values[0], str) else "BIGINT", values)
    return orjson.dumps(values).decode()


def _chunks(rows: Sequence[NamedTuple]) -> Iterator[Sequence[NamedTuple]]:
    """Cut rows into runs of some fixed lengths, each of which is one statement on SQLite.

    A statement for each row would let go of Python's lock as often, and the event loop would do
    its work then, instead of while the disk is busy.
    """
    start = 0
    for length in _CHUNKS:
        while start + length <= len(rows):
            yield rows[start : start + length]
            start += length


@cache
def _insert(or_fail: str, table: type[SQLModel], columns: tuple[str, ...], source: str) -> str:
    names = ", ".join(columns)
    return f"INSERT {or_fail}INTO {_table(table).name} ({names}) {source} ON CONFLICT DO NOTHING"


@cache
def _insert_returning(
    or_fail: str, table: type[SQLModel], columns: tuple[str, ...], source: str
) -> str:
    return f"{_insert(or_fail, table, columns, source)} RETURNING 1"


@cache
def _update(or_fail: str, table: type[SQLModel], columns: tuple[str, ...], source: str) -> str:
    *assigned, key = columns
    name = _table(table).name
    values = ", ".join(f"{column} = records.{column}" for column in assigned)
    return (
        f"WITH records({', '.join(columns)}) AS ({source}) "
        f"UPDATE {or_fail}{name} SET {values} FROM records WHERE {name}.{key} = records.{key}"
    )


@cache
def _values(width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"VALUES {', '.join([row] * count)}"


@cache
def _unnested(table: type[SQLModel], columns: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{kind}[]" for kind in _kinds(table, columns))
    return f"SELECT * FROM unnest({arrays}) AS arrays"


def _packed(table: type[SQLModel], rows: Sequence[NamedTuple]) -> list[Packed]:
    kinds = _kinds(table, rows[0]._fields)
    columns = zip(*rows, strict=True)
    return [packed(kind, column) for kind, column in zip(kinds, columns, strict=True)]


@cache
def _kinds(table: type[SQLModel], columns: tuple[str, ...]) -> list[str]:
    """Return the SQL types of columns."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return [_table(table).c[name].type.compile(dialect=dialect) for name in columns]


def _table(table: type[SQLModel]) -> Table:
    described: Table = table.__table__  # type: ignore[attr-defined]
    return described
