"""The database as such: reached, of this version, and set up to keep what it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, make_url

from tests.cli.doctor.conftest import Examine
from tests.databases import ask, away, change, only_postgresql, only_sqlite
from tests.waiting import until

STORED = {"received", "quarantine", "owed", "sends", "search index", "durability", "journal mode"}


def test_a_database_that_is_away_is_told_and_the_rest_examined(
    examine: Examine, database_url: str
) -> None:
    assert examine().one("database")[0] == "ok"
    with away(database_url):
        examined = examine()
    checks = {line["check"] for line in examined.lines}
    assert examined.code == 1
    assert checks & STORED == set()
    assert {"settings", "secrets", "handlers", "account", "webhook", "phones"} <= checks


@only_sqlite
def test_what_is_no_database_is_told(examine: Examine, database_url: str) -> None:
    with open(str(make_url(database_url).database), "wb") as file:
        file.write(b"no database, but long enough to be read" * 100)
    verdict, detail = examine().one("database")
    assert verdict == "failed"
    assert "file is not a database" in detail


@only_postgresql
def test_a_server_that_is_not_there_is_told(examine: Examine) -> None:
    verdict, detail = examine(DATABASE_URL="postgresql://me:pw@127.0.0.1:1/inbox").one("database")
    assert verdict == "failed"
    assert "check that PostgreSQL runs" in detail


@pytest.mark.parametrize(
    ("revision", "advice"), [("0001_initial", "run receiver migrate"), ("9999", "a later one")]
)
def test_another_schema_is_told(
    examine: Examine, database_url: str, revision: str, advice: str
) -> None:
    assert examine().one("schema")[0] == "ok"
    change(database_url, f"UPDATE alembic_version SET version_num = '{revision}'")
    examined = examine()
    assert examined.bad() == {("schema", "failed")}
    assert advice in examined.one("schema")[1]
    assert {line["check"] for line in examined.lines} & STORED == set()
    assert ask(database_url, "SELECT version_num FROM alembic_version") == [(revision,)]


def test_a_table_that_is_missing_is_told(examine: Examine, database_url: str) -> None:
    assert examine().one("tables")[0] == "ok"
    change(database_url, "DROP TABLE positions")
    examined = examine()
    assert examined.bad() == {("tables", "failed")}
    assert examined.one("tables")[1].startswith("positions missing, or not open to this user: ")
    assert {line["check"] for line in examined.lines} & STORED == set()


@only_postgresql
def test_a_user_without_rights_is_told(examine: Examine, database_url: str) -> None:
    with _user(database_url) as url:
        examined = examine(DATABASE_URL=url)
    assert examined.bad() == {("tables", "failed")}
    assert "acks, conversations, " in examined.one("tables")[1]
    assert "GRANT ALL" in examined.one("tables")[1]


@only_postgresql
def test_commits_that_are_not_waited_for_are_found(examine: Examine, database_url: str) -> None:
    assert examine().one("durability")[0] == "ok"
    change(database_url, f"ALTER DATABASE {_name(database_url)} SET synchronous_commit = off")
    verdict, detail = examine().one("durability")
    assert verdict == "warning"
    assert detail.startswith("synchronous_commit is off")


@only_postgresql
@pytest.mark.parametrize(
    ("setting", "verdict"), [("fsync", "failed"), ("full_page_writes", "warning")]
)
def test_a_server_that_does_not_write_through_is_found(
    examine: Examine, postgresql_admin: Engine, setting: str, verdict: str
) -> None:
    with _off(postgresql_admin, setting):
        found = examine().one("durability")
    assert found[0] == verdict
    assert found[1].startswith(f"{setting} is off")
    assert examine().one("durability")[0] == "ok"


@only_postgresql
def test_tables_that_a_crash_empties_are_found(examine: Examine, database_url: str) -> None:
    change(database_url, "ALTER TABLE events SET UNLOGGED", "ALTER TABLE acks SET UNLOGGED")
    verdict, detail = examine().one("durability")
    assert verdict == "failed"
    assert "empties acks, events: " in detail


@only_postgresql
def test_a_database_that_takes_no_changes_is_found(examine: Examine, database_url: str) -> None:
    assert examine().one("changes")[0] == "ok"
    name = _name(database_url)
    change(database_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert examine().one("changes")[0] == "failed"


@only_postgresql
def test_too_few_connections_are_found(examine: Examine, database_url: str) -> None:
    assert examine().one("connections")[0] == "ok"
    change(database_url, f"ALTER DATABASE {_name(database_url)} CONNECTION LIMIT 20")
    verdict, detail = examine().one("connections")
    assert verdict == "warning"
    assert "raise max_connections" in detail


@only_sqlite
def test_on_sqlite_there_is_no_server(examine: Examine) -> None:
    checks = {line["check"] for line in examine().lines}
    assert checks & {"durability", "changes", "connections"} == set()


def _name(url: str) -> str:
    return str(make_url(url).database)


@contextmanager
def _user(database_url: str) -> Iterator[str]:
    """Give the URL for a user who may only read which version the schema has."""
    name = f"user_{_name(database_url)}"
    try:
        change(
            database_url,
            f"CREATE USER {name} PASSWORD 'pw'",
            f"GRANT SELECT ON alembic_version TO {name}",
        )
        url = make_url(database_url).set(username=name, password="pw")
        yield url.render_as_string(hide_password=False)
    finally:
        change(database_url, f"DROP OWNED BY {name}", f"DROP USER {name}")


@contextmanager
def _off(admin: Engine, setting: str) -> Iterator[None]:
    """Let a setting of the whole server be off."""
    try:
        _set(admin, f"ALTER SYSTEM SET {setting} = off", setting, "off")
        yield
    finally:
        _set(admin, f"ALTER SYSTEM RESET {setting}", setting, "on")


def _set(admin: Engine, statement: str, setting: str, wanted: str) -> None:
    with admin.connect() as connection:
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        until(lambda: connection.exec_driver_sql(f"SHOW {setting}").scalar() == wanted)
