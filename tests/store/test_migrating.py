"""The schema: up, down and up again, whole or not at all, and refused when it is another's."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder
from sqlalchemy import event, inspect

from receiver.errors import SchemaMismatch
from receiver.store import migrating
from receiver.store.database import Database
from tests import payloads
from tests.store import recorded

ROOT = Path(__file__).parent.parent.parent
SAMPLES = [payloads.body(name) for name in payloads.NAMES]

MIGRATE = """
import sys
from receiver.store import database, migrating
migrating.migrate(database.connect(sys.argv[1]))
"""

DIE_IN_THE_MIDDLE = """
import os, signal, sys
from sqlalchemy import event
from receiver.store import database, migrating

prepared = database.connect(sys.argv[1])

@event.listens_for(prepared.engine, "before_cursor_execute")
def die(connection, cursor, statement, *rest):
    if "events" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

migrating.migrate(prepared)
"""


class Interrupted(Exception):
    """Stands for whatever ends a migration before its time."""


def test_a_schema_can_be_made_again_and_again(empty_database: Database) -> None:
    for _ in range(2):
        migrating.migrate(empty_database)
        migrating.check(empty_database)
    assert {r.status for r in recorded.batch(empty_database, *SAMPLES)} == {"stored"}


def test_a_filled_database_goes_down_to_nothing_and_up_again(database: Database) -> None:
    recorded.batch(database, *SAMPLES)
    before = _schema(database)
    for revision in ("-1", "-2", "-3", "-4"):
        migrating.downgrade(database, revision)
        assert _schema(database) != before
        migrating.migrate(database)
        assert _schema(database) == before
        assert recorded.count(database, "notifications") == len(SAMPLES)

    migrating.downgrade(database, "base")
    assert _tables(database) == {"alembic_version"}

    migrating.migrate(database)
    assert _schema(database) == before
    assert {r.status for r in recorded.batch(database, *SAMPLES)} == {"stored"}


def test_a_migration_that_is_cut_anywhere_leaves_what_was_there(empty_database: Database) -> None:
    statements = _statements(empty_database)
    assert statements > 15
    for number in range(0, statements, 1 if empty_database.file else 6):
        with pytest.raises(Interrupted), _interrupted_at(empty_database, number):
            migrating.migrate(empty_database)
        assert _tables(empty_database) == set(), number
    migrating.migrate(empty_database)
    migrating.check(empty_database)


def test_a_downgrade_that_is_cut_leaves_what_was_there(database: Database) -> None:
    recorded.batch(database, *SAMPLES)
    before = _schema(database)
    for number in (2, 5, 8):
        with pytest.raises(Interrupted), _interrupted_at(database, number):
            migrating.downgrade(database, "base")
        assert _schema(database) == before
        assert recorded.count(database, "notifications") == len(SAMPLES)


def test_a_process_killed_while_it_migrates_leaves_what_was_there(
    empty_database: Database,
) -> None:
    killed = _python("-c", DIE_IN_THE_MIDDLE, _url(empty_database))
    assert killed.returncode == -9, killed.stderr
    assert _tables(empty_database) == set()
    migrating.migrate(empty_database)
    migrating.check(empty_database)


def test_processes_that_migrate_at_once_wait_for_each_other(empty_database: Database) -> None:
    command = [sys.executable, "-c", MIGRATE, _url(empty_database)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    migrating.check(empty_database)


def test_an_older_schema_is_told_with_what_to_do(empty_database: Database) -> None:
    with pytest.raises(SchemaMismatch) as refusal:
        migrating.check(empty_database)
    assert str(refusal.value) == (
        f"the schema of {empty_database.name} is older than this version: run receiver migrate"
    )


def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    recorded.change(database, "UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
    for use in (migrating.check, migrating.migrate):
        with pytest.raises(SchemaMismatch) as refusal:
            use(database)
        assert str(refusal.value) == (
            f"the schema of {database.name} (9999_of_tomorrow) is newer than this version: "
            "install the version of maytapi-receiver that made it, or a later one"
        )
    [row] = recorded.rows(database, "SELECT version_num FROM alembic_version")
    assert row == {"version_num": "9999_of_tomorrow"}


def test_a_developer_can_migrate_by_hand(empty_database: Database) -> None:
    env = os.environ | {"RECEIVER_DATABASE_URL": _url(empty_database)}
    done = _python("-m", "alembic", "upgrade", "head", env=env)
    assert done.returncode == 0, done.stderr
    migrating.check(empty_database)


def test_a_wheel_carries_the_migrations_and_uses_them(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    assert "receiver/migrations/env.py" in names
    assert [name for name in names if name.startswith("receiver/migrations/versions/")] == [
        f"receiver/migrations/versions/{path.name}"
        for path in sorted((ROOT / "migrations" / "versions").glob("*.py"))
    ]
    assert [name for name in names if name.startswith(("tests/", "migrations/"))] == []

    file = tmp_path / "receiver.db"
    tell = "import receiver.store.migrating as m; print(m._folder())"
    env = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    done = _python("-c", f"{tell}\n{MIGRATE}", f"sqlite:///{file}", env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "installed" / "receiver" / "migrations")
    assert file.exists()


def _python(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        **{"cwd": ROOT} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _url(database: Database) -> str:
    url = database.engine.url.set(drivername=database.engine.dialect.name)
    return url.render_as_string(hide_password=False)


def _tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def _schema(database: Database) -> dict[str, Any]:
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        return {
            table: (
                [(column["name"], str(column["type"])) for column in inspector.get_columns(table)],
                sorted(index["name"] or "" for index in inspector.get_indexes(table)),
            )
            for table in sorted(inspector.get_table_names())
        }


def _statements(database: Database) -> int:
    """Count the statements of a migration that is given up at its end."""
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    def give_up(_connection: object) -> None:
        raise Interrupted

    event.listen(database.engine, "before_cursor_execute", count)
    event.listen(database.engine, "commit", give_up)
    with pytest.raises(Interrupted):
        migrating.migrate(database)
    event.remove(database.engine, "before_cursor_execute", count)
    event.remove(database.engine, "commit", give_up)
    return len(counted)


@contextmanager
def _interrupted_at(database: Database, number: int) -> Iterator[None]:
    seen: list[str] = []

    def interrupt(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if len(seen) == number:
            raise Interrupted
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", interrupt)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", interrupt)
