"""Connections: one engine for either database; a commit that returned is on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from receiver.errors import BadSetting, DatabaseFailed, DatabaseUnavailable
from receiver.store.arrays import Packed, PackedDumper

try:
    import pysqlite3 as sqlite
except ImportError:  # pragma: no cover - where no wheel of it exists
    import sqlite3 as sqlite

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

WRITER = {"receiver_writer": True}
"""Execution options of the one connection that writes: its transactions lock at their start."""

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
"""Of every connection to SQLite. Rows are moved all the time, and what they leave behind would
outlive them: `erase` could not find it. Overwriting it showed in no measurement.
"""

CONNECTIONS = 25
"""At most so many has a process; a PostgreSQL that is not told otherwise has 100 for all."""

_FAILURES = {"OperationalError", "InternalError", "InterfaceError"}
_NO_DATABASE = {"file is not a database", "database disk image is malformed"}
_WHERE = "check that its folder exists and that this user may write there"
_MAX_OVERFLOW = CONNECTIONS - 5  # which are kept when nobody uses them
_LOCK_TIMEOUT = "10s"
_ANSWER_TIMEOUT = "30s"
_WRITER_CACHE_KIB = 65_536  # both indexes of a million messages that every message goes into
_STATEMENTS = 256  # prepared: each table is written in some twenty lengths
# 128 MB between checkpoints. With a million messages each checkpoint copies pages from all over
# those indexes; the longer it waits, the more of them have changed more than once.
_WAL_PAGES = 32_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """An engine and what its URL says of it."""

    engine: Engine
    file: Path | None
    """The SQLite file, or None on PostgreSQL."""

    @property
    def name(self) -> str:
        """Name the database for a person, without user or password."""
        return _name(self.engine.url)

    def ask(
        self,
        question: Callable[Concatenate[Any, Parameters], Answer],
        *arguments: Parameters.args,
        **options: Parameters.kwargs,
    ) -> Answer:
        """Ask something on a connection of its own.

        Raises:
            DatabaseFailed: it can't be reached, or failed meanwhile.
        """
        with connected(self.engine) as connection:
            return question(connection, *arguments, **options)


def connect(database_url: str, *, reads_only: bool = False) -> Database:
    """Prepare the engine; nothing is opened yet.

    One that only reads finds the database as it is: nothing is set up at a connection.

    Raises:
        BadSetting: the URL is neither of SQLite with a file nor of PostgreSQL.
    """
    url = _parse(database_url)
    if url.get_backend_name() == "sqlite":
        for kind in (type(None), bytes):
            sqlite.register_adapter(kind, _unchanged)
        engine = create_engine(
            url,
            module=sqlite,
            max_overflow=_MAX_OVERFLOW,
            connect_args={"timeout": 10.0, "cached_statements": _STATEMENTS},
            hide_parameters=True,  # errors are logged, and numbers and texts may not be
        )
        if reads_only:
            event.listen(engine, "do_connect", _leave_the_wal)
        event.listen(engine, "connect", _look_at_sqlite if reads_only else _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return Database(engine=engine, file=_file(url))
    try:
        engine = create_engine(
            url,
            paramstyle="format",
            max_overflow=_MAX_OVERFLOW,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 5, "application_name": "maytapi-receiver"},
        )
    except ModuleNotFoundError:
        raise BadSetting(
            "RECEIVER_DATABASE_URL names PostgreSQL, and its driver is not installed: "
            "pip install 'maytapi-receiver[postgres]'"
        ) from None
    event.listen(engine, "connect", _look_at_postgresql if reads_only else _set_up_postgresql)
    return Database(engine=engine, file=None)


@contextmanager
def connected(engine: Engine, **options: Any) -> Iterator[Connection]:
    """Open a connection with these execution options, to ask something or to change it at once.

    Raises:
        DatabaseFailed: the database can't be reached, or failed meanwhile.
    """
    try:
        with engine.connect() as connection:
            yield connection.execution_options(**options)
    except NoneFree as error:
        raise DatabaseFailed(f"no connection to {_name(engine.url)} became free") from error
    # What the driver raises comes as it is from statements that don't go through SQLAlchemy.
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        if not has_failed(error):
            raise
        raise DatabaseFailed(str(unavailable(engine, error))) from error


def open_writer(database: Database) -> Connection:
    """Open the connection that writes.

    Raises:
        DatabaseUnavailable: it can't be opened; the message says where and why.
    """
    try:
        connection = database.engine.connect().execution_options(**WRITER)
    except DBAPIError as error:
        raise unavailable(database.engine, error) from error
    try:
        _set_up_writer(connection, database)
    except database.engine.dialect.loaded_dbapi.Error as error:  # not SQLAlchemy's: see there
        connection.invalidate()
        connection.close()
        raise unavailable(database.engine, error) from error
    return connection


def _set_up_writer(connection: Connection, database: Database) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    if database.file:
        driver.execute(f"PRAGMA cache_size=-{_WRITER_CACHE_KIB}")
        driver.execute(f"PRAGMA wal_autocheckpoint={_WAL_PAGES}")
        # After a failed sync the kernel may hold pages that it takes for written. What the log
        # holds is therefore copied into the file and synced, before anything is built upon it.
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    else:
        # The writer finds everything by a key. Left to itself the planner keeps the plans that it
        # made while the tables were empty, which read all of them, or plans for each array anew.
        for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"):
            driver.execute(f"SET {setting} = off")
        driver.execute("SET plan_cache_mode = force_generic_plan")
        driver.commit()


def unavailable(engine: Engine, error: Exception) -> DatabaseUnavailable:
    """Say in one sentence why a database can't be used."""
    reason, name = reason_of(error), _name(engine.url)
    if engine.dialect.name == "sqlite":
        advice = "restore it if it was one" if reason in _NO_DATABASE else _WHERE
        return DatabaseUnavailable(
            f"the database {name} can't be used ({reason}): {advice}, or set RECEIVER_DATABASE_URL"
        )
    return DatabaseUnavailable(
        f"the database {name} can't be reached ({reason}): check that PostgreSQL runs and "
        "that RECEIVER_DATABASE_URL is right"
    )


def has_failed(error: BaseException) -> bool:
    """Tell whether the database failed, rather than refused what it was given."""
    cause = _cause(error)
    # PEP 249 gives these names to the classes of every driver.
    names = {kind.__name__ for kind in type(cause).__mro__}
    return bool(names & _FAILURES) or type(cause).__name__ == "DatabaseError"


def reason_of(error: BaseException) -> str:
    """Return what a database says of its failure; in what it says of a refusal are our values."""
    cause = _cause(error)
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def _cause(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig else error


def _name(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"{_file(url)}"
    return f"{url.database} on {url.host or 'the local socket'}"


def _file(url: URL) -> Path:
    return Path(str(url.database)).absolute()


def _parse(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):  # ValueError: the port is no number
        raise BadSetting("RECEIVER_DATABASE_URL is no database URL") from None
    match url.get_backend_name():
        case "sqlite":
            if not url.database or ":memory:" in url.database or "mode=memory" in str(url):
                raise BadSetting("RECEIVER_DATABASE_URL names no file: nothing would survive")
            if url.database.startswith("file:"):  # locked and looked for by another name
                raise BadSetting("RECEIVER_DATABASE_URL: write the file itself: sqlite:///FILE")
            return url.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres":
            # What looks like a part of the host may be one of the password: it is not repeated.
            if "@" in (url.host or ""):
                raise BadSetting("RECEIVER_DATABASE_URL: write an @ in the password as %40")
            if not str(url.query.get("port", "0")).isdigit():
                raise BadSetting("RECEIVER_DATABASE_URL: the port is no number")
            return url.set(drivername="postgresql+psycopg")
        case _:
            raise BadSetting("RECEIVER_DATABASE_URL must begin with sqlite:/// or postgresql://")


def _unchanged(value: object) -> object:
    """Spare the driver to look, for each value, whether its class tells how to adapt it.

    It does so for all but numbers and texts, by way of exceptions: a NULL took 0.9 us.
    """
    return value


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by us (below); the driver would begin them late and in the wrong mode.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _leave_the_wal(
    _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]
) -> None:
    # The last to close a file moves what its WAL holds into it, unless it was opened for reading
    # alone; and one so opened leaves a WAL behind where there was none.
    file = Path(arguments[0]).absolute()
    if file.with_name(f"{file.name}-wal").exists():
        arguments[0], options["uri"] = f"{file.as_uri()}?mode=ro", True


def _look_at_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _begin_sqlite(connection: Connection) -> None:
    # A plain BEGIN that reads and then writes fails at once when another has written in between.
    writes = connection.get_execution_options().get("receiver_writer")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_postgresql(connection: Any, _record: object) -> None:
    connection.adapters.register_dumper(Packed, PackedDumper)
    # A server that is set to answer before its disk has the commit would break our promise.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
    connection.commit()


def _look_at_postgresql(connection: Any, _record: object) -> None:
    connection.read_only = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
        cursor.execute(f"SET statement_timeout = '{_ANSWER_TIMEOUT}'")
    connection.commit()
