"""The database past the receiver: look into it, change it, stand in its way."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Connection, Row

from receiver.store import database as databases
from receiver.store import journal

only_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what has nothing to do with the database, or is SQLite's alone."""
only_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A notification as it is kept."""

    id: int
    status: str
    body: bytes


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open a connection of one's own; what is done in it is committed at the end."""
    database = databases.connect(url)
    try:
        with database.engine.begin() as connection:
            yield connection
    finally:
        database.engine.dispose()


def ask(url: str, sql: str, values: Mapping[str, Any] | None = None) -> list[Row[Any]]:
    """Return the rows of a query."""
    with connected(url) as connection:
        return list(connection.execute(text(sql), values))


def change(url: str, *statements: str) -> None:
    """Change what is stored, or how."""
    with connected(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def notifications(url: str) -> list[Stored]:
    """Return all bodies, byte for byte."""
    return [
        Stored(
            id=row.id,
            status=row.status,
            body=zlib.decompress(row.body) if row.encoding == "zlib" else bytes(row.body),
        )
        for row in ask(url, "SELECT id, status, encoding, body FROM notifications ORDER BY id")
    ]


@contextmanager
def blocked(url: str) -> Iterator[None]:
    """Hold the right to write, so that every other writer waits."""
    database = databases.connect(url)
    try:
        with database.engine.connect() as connection:
            if database.file:
                connection = connection.execution_options(**databases.WRITER)
            with connection.begin():
                if not database.file:
                    connection.exec_driver_sql(
                        "SELECT pg_advisory_xact_lock(%s)", (journal.WRITE_LOCK,)
                    )
                yield
    finally:
        database.engine.dispose()


@contextmanager
def away(url: str) -> Iterator[None]:
    """Let the database be away, also for those who are connected, and come back."""
    if url.startswith("sqlite"):
        file = Path(str(make_url(url).database))
        files = (file, file.with_name(f"{file.name}-wal"))
        kept = {one: one.read_bytes() for one in files if one.exists()}
        for one in kept:
            os.truncate(one, 0)
        yield
        for one, content in kept.items():
            one.write_bytes(content)
        return
    server = make_url(url).set(drivername="postgresql+psycopg")
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {server.database} ALLOW_CONNECTIONS false")
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (server.database,),
        )
        yield
        connection.exec_driver_sql(f"ALTER DATABASE {server.database} ALLOW_CONNECTIONS true")
    admin.dispose()
