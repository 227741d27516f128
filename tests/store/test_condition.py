"""The condition of a database is told without changing it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import make_url

from receiver.store import condition
from receiver.store import database as databases
from receiver.store.database import Database
from tests.databases import change, connected


def test_the_version_is_that_of_the_library(on_sqlite: Database) -> None:
    with on_sqlite.engine.connect() as connection:
        told = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    assert ".".join(map(str, condition.sqlite_version(on_sqlite))) == told


def test_a_file_tells_its_journal_mode(on_sqlite: Database, tmp_path: Path) -> None:
    assert on_sqlite.file
    assert condition.keeps_wal(on_sqlite.file)
    (tmp_path / "empty.db").touch()
    assert not condition.keeps_wal(tmp_path / "empty.db")


def test_an_answer_is_one_whatever_is_in_it(empty_database: Database) -> None:
    empty_database.ask(condition.answer)


def test_tables_that_are_there_and_ours_can_be_used(
    database: Database, empty_database: Database
) -> None:
    assert database.ask(condition.unusable) == []
    assert {"events", "messages"} <= set(empty_database.ask(condition.unusable))


def test_settings_are_those_of_a_new_connection(postgresql_url: str) -> None:
    name = make_url(postgresql_url).database
    change(postgresql_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    for reads_only, told in ((True, "off"), (False, "on")):
        database = databases.connect(postgresql_url, reads_only=reads_only)
        assert database.ask(condition.setting, "synchronous_commit") == told
        database.engine.dispose()


def test_free_connections_are_counted(on_postgresql: Database, postgresql_url: str) -> None:
    free = on_postgresql.ask(condition.free_connections)
    assert 50 < free < 100
    with connected(postgresql_url):
        assert on_postgresql.ask(condition.free_connections) == free - 1
    name = make_url(postgresql_url).database
    change(postgresql_url, f"ALTER DATABASE {name} CONNECTION LIMIT 3")
    assert on_postgresql.ask(condition.free_connections) == 2


def test_ordinary_tables_are_logged(on_postgresql: Database, postgresql_url: str) -> None:
    assert on_postgresql.ask(condition.unlogged) == []
    change(postgresql_url, "CREATE UNLOGGED TABLE scratch (id int)")
    assert on_postgresql.ask(condition.unlogged) == ["scratch"]


def test_a_primary_takes_changes(on_postgresql: Database) -> None:
    assert not on_postgresql.ask(condition.only_reads)


def test_versions_are_compared_as_numbers() -> None:
    assert all(re.fullmatch(r"\d+", str(part)) for part in condition.SOUND_SQLITE)
    assert (3, 9, 0) < condition.SOUND_SQLITE < (3, 100, 0)
