"""Fixtures: both databases, always real ones, and the receiver as a process of its own."""

from __future__ import annotations

import os
import random
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database
from tests import clusters
from tests.processes import Receiver
from tests.skips import ALLOWED

pytest.register_assert_rewrite("tests.store.disorder", "tests.store.recorded")


@pytest.fixture(params=("sqlite", "postgresql"))
def backend(request: pytest.FixtureRequest) -> str:
    """Return the name of each backend in turn."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(request: pytest.FixtureRequest, backend: str) -> str:
    """Return the URL of a database with the current schema, on each backend in turn."""
    url: str = request.getfixturevalue(f"{backend}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a database with the current schema, on each backend in turn."""
    with connected(database_url) as database:
        yield database


@pytest.fixture
def empty_database_url(
    request: pytest.FixtureRequest, backend: str, tmp_path: Path
) -> Iterator[str]:
    """Return the URL of a database without a schema, on each backend in turn."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with created(request.getfixturevalue("postgresql_admin")) as url:
        yield url


@pytest.fixture
def empty_database(empty_database_url: str) -> Iterator[Database]:
    """Return a database without a schema, on each backend in turn."""
    with connected(empty_database_url) as database:
        yield database


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Database]:
    """Return a database, where only SQLite is meant."""
    with connected(sqlite_url) as database:
        yield database


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[Database]:
    """Return a database, where only PostgreSQL is meant."""
    with connected(postgresql_url) as database:
        yield database


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a file with the current schema."""
    file = tmp_path / "receiver.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_admin: Engine, postgresql_template: str) -> Iterator[str]:
    """Return the URL of a database on a server with the current schema."""
    with created(postgresql_admin, postgresql_template) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the current schema."""
    file = tmp_path_factory.mktemp("template") / "receiver.db"
    with connected(f"sqlite:///{file}") as database:
        migrating.migrate(database)
    return file


@pytest.fixture(scope="session")
def postgresql_template(postgresql_admin: Engine) -> Iterator[str]:
    """Return the name of a database with the current schema."""
    with created(postgresql_admin) as url:
        with connected(url) as database:
            migrating.migrate(database)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def postgresql_admin(postgresql: str) -> Iterator[Engine]:
    """Return an engine that may create databases."""
    with administered(postgresql) as admin:
        yield admin


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a PostgreSQL server: RECEIVER_TEST_POSTGRESQL, or one from a wheel."""
    given = os.environ.get("RECEIVER_TEST_POSTGRESQL")
    if given:
        yield given
        return
    with clusters.running(tmp_path_factory.getbasetemp().parent / "postgresql.lock") as server:
        with administered(server.get_uri()) as admin, admin.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET max_wal_size = '256MB'")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        yield server.get_uri()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Receiver]]:
    """Return a function that starts a receiver process; all are stopped at the end."""
    started: list[Receiver] = []

    def start(
        database_url: str, program: Sequence[str] = ("-m", "receiver"), **settings: str
    ) -> Receiver:
        receiver = Receiver(tmp_path, database_url, settings, (*program, "serve"))
        started.append(receiver)
        return receiver

    yield start
    for receiver in started:
        receiver.kill()


@pytest.fixture
def seed() -> int:
    """Return what a random test starts from, and print it: RECEIVER_TEST_SEED, or a new one."""
    seed = int(os.environ.get("RECEIVER_TEST_SEED") or random.randrange(2**32))
    print(f"RECEIVER_TEST_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return seed


@pytest.fixture
def receiver(start: Callable[..., Receiver], database_url: str) -> Receiver:
    """Return a running receiver, on each backend in turn."""
    return start(database_url)


@contextmanager
def connected(url: str) -> Iterator[Database]:
    """Give an engine, whose connections are closed at the end."""
    database = databases.connect(url)
    yield database
    database.engine.dispose()


@contextmanager
def administered(url: str) -> Iterator[Engine]:
    """Give an engine that may do what no transaction can hold."""
    server = make_url(url).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    yield admin
    admin.dispose()


@contextmanager
def created(admin: Engine, template: str = "template1") -> Iterator[str]:
    """Give the URL of a database like another one; it is dropped at the end."""
    name = f"test_{uuid.uuid4().hex}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = admin.url.set(drivername="postgresql", database=name)
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return a worker for each processor, and none for tests that somebody has named."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    # A container sees the processors of its host, and may use few of them.
    return 0 if named else min(4, os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when a test was skipped for no good reason: the skip would hide a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    unexpected = [one for one in skipped if not any(why in str(one.longrepr) for why in ALLOWED)]
    if unexpected and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
