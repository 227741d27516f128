"""Databases by the hundred: the schema is made once for each backend, and copied for each test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.engine import URL

from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the current schema."""
    file = tmp_path_factory.mktemp("template") / "receiver.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_admin(postgresql: str) -> Iterator[Engine]:
    """Return an engine that may create databases."""
    url = make_url(postgresql).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    yield admin
    admin.dispose()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_admin: Engine) -> str:
    """Return the name of a database with the current schema."""
    name = f"template_{uuid.uuid4().hex}"
    _run(postgresql_admin, f"CREATE DATABASE {name}")
    _migrate(_url(postgresql_admin, name))
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a file with the current schema."""
    file = tmp_path / "receiver.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_admin: Engine, postgresql_template: str) -> Iterator[str]:
    """Return the URL of a database on a server with the current schema."""
    name = f"test_{uuid.uuid4().hex}"
    _run(postgresql_admin, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield _url(postgresql_admin, name)
    _run(postgresql_admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=("sqlite", "postgresql"))
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database with the current schema, on each backend in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Database]:
    """Return a database, where only SQLite is meant."""
    database = databases.connect(sqlite_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[Database]:
    """Return a database, where only PostgreSQL is meant."""
    database = databases.connect(postgresql_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def empty_database(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    """Return a database without a schema beside one that has it, on the same backend."""
    if database.file:
        empty = databases.connect(f"sqlite:///{tmp_path / 'empty.db'}")
        yield empty
        empty.engine.dispose()
        return
    admin = request.getfixturevalue("postgresql_admin")
    name = f"empty_{uuid.uuid4().hex}"
    _run(admin, f"CREATE DATABASE {name}")
    empty = databases.connect(_url(admin, name))
    yield empty
    empty.engine.dispose()
    _run(admin, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    database = databases.connect(url)
    migrating.migrate(database)
    database.engine.dispose()


def _run(admin: Engine, statement: str) -> None:
    with admin.connect() as connection:
        connection.exec_driver_sql(statement)


def _url(admin: Engine, name: str) -> str:
    url: URL = admin.url.set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)
