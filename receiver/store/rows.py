"""Writing many rows in one statement, straight to the driver.

SQLAlchemy's own way costs several times the insert itself in Python; here the row types are named
tuples whose fields are the columns, and the SQL is put together once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel


def insert_new(connection: Connection, table: type[SQLModel], rows: Sequence[NamedTuple]) -> int:
    """Insert rows, passing over those that a constraint knows already; return how many went in."""
    if not rows:
        return 0
    sql = _insert(connection.dialect.name, str(table.__tablename__), rows[0]._fields)
    return connection.exec_driver_sql(sql, list(rows)).rowcount


def update(connection: Connection, table: type[SQLModel], rows: Sequence[NamedTuple]) -> None:
    """Update rows by their `id`, which is the last field; the others are set."""
    if rows:
        sql = _update(connection.dialect.name, str(table.__tablename__), rows[0]._fields)
        connection.exec_driver_sql(sql, list(rows))


def listed(values: Iterable[Any]) -> str:
    """Make the one parameter that a statement built with `each` takes for a list of any length."""
    return orjson.dumps(list(values)).decode()


def each(connection: Connection, sql: str) -> str:
    """Complete a statement whose `{each}` is a list: a function that gives a row `value` for each.

    One parameter of JSON in place of many keeps the statement the same for any length: it is
    prepared once, and no limit on parameters can be met.
    """
    return _each(connection.dialect.name, sql)


def marked(connection: Connection, sql: str) -> str:
    """Complete a statement whose `{mark}`s are parameters."""
    return sql.format(mark=_mark(connection.dialect.name))


@cache
def _each(dialect: str, sql: str) -> str:
    if dialect == "sqlite":
        return sql.format(each="json_each(?)")
    return sql.format(each="json_array_elements(%s::json)")


@cache
def _insert(dialect: str, table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join([_mark(dialect)] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"


@cache
def _update(dialect: str, table: str, columns: tuple[str, ...]) -> str:
    mark = _mark(dialect)
    *assigned, key = columns
    return f"UPDATE {table} SET {', '.join(f'{c} = {mark}' for c in assigned)} WHERE {key} = {mark}"


def _mark(dialect: str) -> str:
    return "?" if dialect == "sqlite" else "%s"
