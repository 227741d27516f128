"""The condition that a database is in, below what is stored: its file, its library, its server.

All of it only looks; the file's own header is read past SQLite, which would change what it tells.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from receiver.store.database import Database

SOUND_SQLITE = (3, 51, 3)
"""Older ones have the WAL-reset bug."""

_FORMATS = slice(18, 20)
"""Where a SQLite file has the versions of its format for writing and reading: 2 is WAL."""

# The last places are kept for superusers; a database can have a limit of its own.
_FREE_CONNECTIONS = """
SELECT least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - count(*),
  (SELECT CASE WHEN datconnlimit >= 0
          THEN datconnlimit - count(*) FILTER (WHERE client.datname = current_database()) END
   FROM pg_database WHERE pg_database.datname = current_database()))
FROM pg_stat_activity AS client WHERE backend_type = 'client backend'
"""
_USABLE = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
  AND has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
  AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
"""
_UNLOGGED = """
SELECT relname FROM pg_class
WHERE relpersistence = 'u' AND relkind = 'r' AND relnamespace = current_schema()::regnamespace
ORDER BY relname
"""
_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
_SETTING = "SELECT current_setting(%s)"


def sqlite_version(database: Database) -> tuple[int, ...]:
    """Return the version of the SQLite that this process uses."""
    return tuple(database.engine.dialect.loaded_dbapi.sqlite_version_info)


def keeps_wal(file: Path) -> bool:
    """Tell whether a SQLite file is in WAL mode."""
    with file.open("rb") as opened:
        return opened.read(_FORMATS.stop)[_FORMATS] == b"\x02\x02"


def answer(connection: Connection) -> None:
    """Let the database answer, whatever is in it."""
    connection.exec_driver_sql("SELECT 1")


def unusable(connection: Connection) -> list[str]:
    """Return those of our tables that are missing, or that this user may not change."""
    if connection.dialect.name == "sqlite":
        usable = inspect(connection).get_table_names()
    else:
        usable = list(connection.exec_driver_sql(_USABLE).scalars())
    return sorted(SQLModel.metadata.tables.keys() - set(usable))


def setting(connection: Connection, name: str) -> str:
    """Return a setting of PostgreSQL, as a new connection has it."""
    return str(connection.exec_driver_sql(_SETTING, (name,)).scalar_one())


def only_reads(connection: Connection) -> bool:
    """Tell whether this PostgreSQL takes no changes: a standby, or one that was set so."""
    return bool(connection.exec_driver_sql(_READ_ONLY).scalar_one())


def unlogged(connection: Connection) -> list[str]:
    """Return the tables that a crash of PostgreSQL would empty."""
    return list(connection.exec_driver_sql(_UNLOGGED).scalars())


def free_connections(connection: Connection) -> int:
    """Return how many connections more PostgreSQL would let in."""
    return int(connection.exec_driver_sql(_FREE_CONNECTIONS).scalar_one())
