"""Connections: a commit is on disk when it returns, and no error holds a password."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from receiver.errors import BadSetting, DatabaseFailed, DatabaseUnavailable
from receiver.store import database as databases
from receiver.store import journal, migrating
from receiver.store.database import Database, connected, open_writer
from receiver.store.views import messages
from tests import bodies
from tests.databases import away
from tests.store import recorded

PASSWORD = "planted-password"


def test_preparing_opens_nothing(tmp_path: Path) -> None:
    file = tmp_path / "receiver.db"
    database = databases.connect(f"sqlite:///{file}")
    assert database.file == file
    assert not file.exists()


def test_a_file_is_named_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = databases.connect("sqlite:///receiver.db")
    assert database.file == tmp_path / "receiver.db"
    assert database.name == str(tmp_path / "receiver.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_a_server_is_named_without_user_and_password(scheme: str) -> None:
    database = databases.connect(f"{scheme}://someone:{PASSWORD}@db.example.invalid/inbox")
    assert (database.file, database.name) == (None, "inbox on db.example.invalid")
    local = databases.connect("postgresql:///inbox")
    assert local.name == "inbox on the local socket"


@pytest.mark.parametrize(
    "url",
    [
        "",
        PASSWORD,
        f"mysql://someone:{PASSWORD}@localhost/inbox",
        f"postgresql://someone:{PASSWORD}@localhost:port/inbox",
        f"postgresql://someone:half-{PASSWORD}@{PASSWORD}:{PASSWORD}@localhost/inbox",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:inbox?mode=memory&uri=true",
        "sqlite:///file:inbox.db?uri=true",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadSetting, match="RECEIVER_DATABASE_URL") as refusal:
        databases.connect(url)
    assert PASSWORD not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_missing_driver_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadSetting, match=r"pip install 'maytapi-receiver\[postgres\]'") as refusal:
        databases.connect(f"postgresql://someone:{PASSWORD}@localhost/inbox")
    assert PASSWORD not in str(refusal.value)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    database = databases.connect(f"sqlite:///{tmp_path}/missing/receiver.db")
    with pytest.raises(DatabaseUnavailable, match=f"{tmp_path}/missing/receiver.db can't be used"):
        open_writer(database)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "receiver.db").write_bytes(b"no database, but long enough to be read" * 100)
    database = databases.connect(f"sqlite:///{tmp_path}/receiver.db")
    with pytest.raises(DatabaseUnavailable, match="file is not a database"):
        open_writer(database)


@pytest.mark.parametrize(
    "wrong",
    [{"host": "127.0.0.1", "port": 1}, {"database": "no_such_database"}],
    ids=["no server", "no database"],
)
def test_a_server_that_cannot_be_reached_is_named_without_the_password(
    postgresql: str, wrong: dict[str, Any]
) -> None:
    url = make_url(postgresql).set(username="someone", password=PASSWORD, query={})
    database = databases.connect(url.set(**wrong).render_as_string(hide_password=False))
    for use in (open_writer, migrating.check, migrating.migrate):
        with pytest.raises(DatabaseUnavailable, match="can't be reached") as failure:
            use(database)
        assert PASSWORD not in str(failure.value)
        assert "\n" not in str(failure.value)


def test_on_sqlite_a_commit_waits_for_the_disk(on_sqlite: Database) -> None:
    with open_writer(on_sqlite) as writer, on_sqlite.engine.connect() as reader:
        for connection in (writer, reader):
            assert _pragma(connection, "journal_mode") == "wal"
            assert _pragma(connection, "synchronous") == 2  # FULL


def test_on_sqlite_a_writer_locks_at_the_start_of_its_transaction(on_sqlite: Database) -> None:
    with open_writer(on_sqlite) as one, open_writer(on_sqlite) as other:
        assert _pragma(other, "busy_timeout=0") == 0
        with one.begin(), pytest.raises(OperationalError, match="locked"):
            other.begin()


def test_on_sqlite_a_reader_would_fail_where_a_writer_waits(on_sqlite: Database) -> None:
    """Why a writer's transaction locks at its start: to wait helps no one who has read before."""
    look, write = text("SELECT * FROM heads"), text("UPDATE heads SET seq = seq + 1")
    with on_sqlite.engine.connect() as reader, open_writer(on_sqlite) as writer:
        reader.execute(look)
        with writer.begin():
            writer.execute(write)
        with pytest.raises(OperationalError, match="locked"):
            reader.execute(write)


def test_a_reader_is_not_kept_waiting_by_a_writer(database: Database) -> None:
    recorded.batch(database, bodies.message())
    with open_writer(database) as writer, writer.begin():
        writer.execute(text("UPDATE messages SET text = 'not yet'"))
        assert recorded.messages(database)[0]["text"] == "hello"


@pytest.mark.parametrize(
    ("default", "used"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")]
)
def test_on_postgresql_a_commit_waits_for_the_disk_whatever_the_default(
    on_postgresql: Database, default: str, used: str
) -> None:
    name = on_postgresql.engine.url.database
    recorded.change(on_postgresql, f"ALTER DATABASE {name} SET synchronous_commit = {default}")
    on_postgresql.engine.dispose()
    with open_writer(on_postgresql) as writer, on_postgresql.engine.connect() as reader:
        for connection in (writer, reader):
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == used


def test_on_postgresql_nobody_waits_for_a_lock_for_ever(on_postgresql: Database) -> None:
    with open_writer(on_postgresql) as writer:
        assert writer.execute(text("SHOW lock_timeout")).scalar_one() == "10s"


def test_a_reader_finds_the_way_back_after_the_server_cut_it_off(
    on_postgresql: Database, postgresql_admin: Engine
) -> None:
    recorded.batch(on_postgresql, bodies.message())
    with postgresql_admin.connect() as admin:
        cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        assert admin.execute(cut, {"name": on_postgresql.engine.url.database}).all()
    for _ in range(2):
        assert recorded.messages(on_postgresql)[0]["text"] == "hello"


def test_a_database_that_is_away_is_told_as_such_until_it_is_back(database_url: str) -> None:
    database = databases.connect(database_url)
    assert messages.recent(database.engine, limit=1).data == []
    with away(database_url):
        for _ in range(2):
            with pytest.raises(DatabaseFailed, match=r"can't be (used|reached)"):
                messages.recent(database.engine, limit=1)
            with pytest.raises(DatabaseFailed, match=r"can't be (used|reached)"):
                database.ask(journal.last_seq)
    assert messages.recent(database.engine, limit=1).data == []
    assert database.ask(journal.last_seq) == 0
    database.engine.dispose()


def test_a_statement_that_is_wrong_is_no_failure_of_the_database(on_postgresql: Database) -> None:
    """Nor may it look like one: another try would not help."""
    with pytest.raises(ProgrammingError), connected(on_postgresql.engine) as connection:
        connection.execute(text("SELECT nonsense"))


def test_one_that_only_reads_changes_nothing(database_url: str) -> None:
    database = databases.connect(database_url, reads_only=True)
    assert database.ask(journal.last_seq) == 0
    with pytest.raises((DBAPIError, DatabaseFailed)), connected(database.engine) as connection:
        connection.execute(text("DELETE FROM heads"))
    database.engine.dispose()


def test_one_that_only_reads_leaves_the_journal_mode(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    for reads_only, mode in ((True, "delete"), (False, "wal"), (True, "wal")):
        database = databases.connect(f"sqlite:///{file}", reads_only=reads_only)
        with connected(database.engine) as connection:
            assert _pragma(connection, "journal_mode") == mode
        database.engine.dispose()


@pytest.mark.parametrize("name", ["receiver.db", "a %20 name?.db"])
def test_one_that_only_reads_leaves_the_wal_of_a_crash(
    on_sqlite: Database, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "crashed"
    folder.mkdir()
    with open_writer(on_sqlite) as connection:
        recorded.commit(connection, [bodies.message("3EB0A1")])
        for end in ("", "-wal"):
            shutil.copy(f"{on_sqlite.file}{end}", folder / f"{name}{end}")
    before = [(folder / f"{name}{end}").read_bytes() for end in ("", "-wal")]
    url = URL.create("sqlite", database=str(folder / name)).render_as_string()
    database = databases.connect(url, reads_only=True)
    assert database.ask(journal.last_seq) == 1
    database.engine.dispose()
    assert [(folder / f"{name}{end}").read_bytes() for end in ("", "-wal")] == before


def test_connections_that_are_all_in_use_are_a_failure(database_url: str) -> None:
    engine = databases.connect(database_url).engine
    engine.pool._timeout = 0.1  # type: ignore[attr-defined]
    with ExitStack() as held:
        for _ in range(engine.pool.size() + engine.pool._max_overflow):  # type: ignore[attr-defined]
            held.enter_context(connected(engine))
        with pytest.raises(DatabaseFailed, match="became free"):
            held.enter_context(connected(engine))
    engine.dispose()


def test_no_error_of_a_query_holds_what_was_asked_for(database: Database) -> None:
    with open_writer(database) as connection, connection.begin():
        connection.execute(text("ALTER TABLE messages RENAME COLUMN msg_id TO hidden"))
    with pytest.raises((DBAPIError, DatabaseFailed)) as failure:
        messages.find(database.engine, "planted-number")
    assert "planted-number" not in str(failure.value)


def _pragma(connection: Any, name: str) -> Any:
    return connection.connection.driver_connection.execute(f"PRAGMA {name}").fetchone()[0]
