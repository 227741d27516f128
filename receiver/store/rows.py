"""A transaction of the writer, straight on the driver.

SQLAlchemy opens and ends it; in between it would cost several times what the statements do. Rows
are named tuples whose fields are the columns. Statements are written once for both databases:
`{mark}` stands for a parameter, `{each}` for a list of them, as a function that gives a row `value`
for each element of one JSON parameter. So a statement is the same for any length, is prepared
once, and no limit on parameters can be met.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel


class Transaction:
    """What a transaction can do; whoever began it commits."""

    def __init__(self, connection: Connection) -> None:
        self.backend = connection.dialect.name
        """`sqlite` or `postgresql`."""
        self._cursor = connection.connection.cursor()

    def insert_new(self, table: type[SQLModel], rows: Sequence[NamedTuple]) -> int:
        """Insert rows, passing over those that a constraint knows; return how many went in."""
        if not rows:
            return 0
        sql = _insert(self.backend, str(table.__tablename__), rows[0]._fields)
        self._cursor.executemany(sql, rows)
        return self._cursor.rowcount

    def update(self, table: type[SQLModel], rows: Sequence[NamedTuple]) -> None:
        """Update rows by their last field; the others are set."""
        if rows:
            sql = _update(self.backend, str(table.__tablename__), rows[0]._fields)
            self._cursor.executemany(sql, rows)

    def fetch(self, sql: str, *parameters: Any) -> Sequence[Any]:
        """Return the rows of a question."""
        self._cursor.execute(_completed(self.backend, sql), parameters)
        return self._cursor.fetchall()

    def execute(self, sql: str, *parameters: Any) -> None:
        """Run any other statement."""
        self._cursor.execute(_completed(self.backend, sql), parameters)


def listed(values: Iterable[Any]) -> str:
    """Make the parameter that `{each}` takes; of an element `value ->> 0` is the first part."""
    return orjson.dumps(list(values)).decode()


@cache
def _completed(backend: str, sql: str) -> str:
    if backend == "sqlite":
        return sql.format(each="json_each(?)", mark="?")
    return sql.format(each="json_array_elements(%s::json)", mark="%s")


@cache
def _insert(backend: str, table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join(["{mark}"] * len(columns))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
    return _completed(backend, sql)


@cache
def _update(backend: str, table: str, columns: tuple[str, ...]) -> str:
    *assigned, key = columns
    values = ", ".join(f"{column} = {{mark}}" for column in assigned)
    return _completed(backend, f"UPDATE {table} SET {values} WHERE {key} = {{mark}}")
