"""Bring a database's schema to this version, or say why it can't be used."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from receiver.errors import SchemaMismatch
from receiver.store import journal
from receiver.store.database import Database, open_writer, unavailable


def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade the schema in one transaction; a second process that does the same waits.

    Raises:
        DatabaseUnavailable: it can't be opened.
        SchemaMismatch: a newer version has been here, or something else.
    """
    try:
        with open_writer(database) as connection, connection.begin():
            _lock(connection)
            _refuse_newer(database, connection)
            _refuse_foreign(database, connection)
            command.upgrade(_config(connection), revision)
    except DBAPIError as error:
        raise unavailable(database.engine, error) from error


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to an older revision, or to `base`: nothing."""
    with open_writer(database) as connection, connection.begin():
        _lock(connection)
        command.downgrade(_config(connection), revision)


def check(database: Database) -> None:
    """Make sure that the schema is this version's.

    Raises:
        DatabaseUnavailable: it can't be opened.
        SchemaMismatch: the message says what to do.
    """
    try:
        with database.engine.connect() as connection:
            _refuse_newer(database, connection)
            if _current(connection) != _scripts().get_current_head():
                raise SchemaMismatch(
                    f"the schema of {database.name} is older than this version: "
                    "run receiver migrate"
                )
    except DBAPIError as error:
        raise unavailable(database.engine, error) from error


def _refuse_newer(database: Database, connection: Connection) -> None:
    current = _current(connection)
    if current is not None and current not in {s.revision for s in _scripts().walk_revisions()}:
        raise SchemaMismatch(
            f"the schema of {database.name} ({current}) is newer than this version: "
            "install the version of maytapi-receiver that made it, or a later one"
        )


def _refuse_foreign(database: Database, connection: Connection) -> None:
    taken = SQLModel.metadata.tables.keys() & set(inspect(connection).get_table_names())
    if taken and _current(connection) is None:
        raise SchemaMismatch(
            f"{database.name} is not a receiver's database: it has a table {min(taken)} that was "
            "made by something else; set RECEIVER_DATABASE_URL to another one"
        )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (journal.WRITE_LOCK,))


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _folder() -> Path:
    # A wheel carries the migrations inside the package; a checkout has them beside it.
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"
