"""Where a SQLite file is: there or not, to be written or not, with room or without."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from receiver import serving
from receiver.store import database as databases
from tests.bodies import message
from tests.cli.doctor.conftest import Examine
from tests.databases import only_postgresql, only_sqlite
from tests.store import recorded

NEEDS_IT = {"database", "schema", "journal mode", "wal", "received", "owed", "search index"}


@only_sqlite
def test_a_file_that_is_not_there_yet_is_no_failure(examine: Examine, tmp_path: Path) -> None:
    assert examine().one("place")[0] == "ok"
    (tmp_path / "receiver.db").unlink()
    examined = examine()
    assert examined.bad() == {("place", "warning")}
    assert "`receiver serve` makes one" in examined.one("place")[1]
    assert {line["check"] for line in examined.lines} & NEEDS_IT == set()
    assert not (tmp_path / "receiver.db").exists()


@only_sqlite
def test_one_that_is_gone_is(examine: Examine, tmp_path: Path) -> None:
    file = tmp_path / "receiver.db"
    serving.lock_file(file).touch()
    assert examine().one("place")[0] == "ok"
    file.unlink()
    examined = examine()
    assert examined.bad() == {("place", "failed")}
    assert "restore a backup" in examined.one("place")[1]


@only_sqlite
def test_a_folder_that_is_not_there_is_named(examine: Examine, tmp_path: Path) -> None:
    examined = examine(DATABASE_URL=f"sqlite:///{tmp_path}/data/receiver.db")
    assert examined.one("place") == (
        "failed", f"{tmp_path}/data is no folder: make it, or set RECEIVER_DATABASE_URL",
    )  # fmt: skip
    assert examined.of("disk") == examined.of("owner") == []


@only_sqlite
@pytest.mark.parametrize("name", ["", "receiver.db", "receiver.db-wal", "receiver.db.lock"])
def test_what_can_not_be_written_is_named(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "receiver.db.lock").touch()
    (tmp_path / "receiver.db-wal").touch()
    locked = tmp_path / name
    # Whoever is root may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != locked)
    verdict, detail = examine().one("place")
    assert verdict == "failed"
    assert detail.startswith(f"{locked} can't be written: ")


@only_sqlite
def test_it_is_told_whether_a_receiver_has_the_file(examine: Examine, tmp_path: Path) -> None:
    assert examine().one("owner") == ("ok", "no receiver uses the file at this moment")
    database = databases.connect(f"sqlite:///{tmp_path / 'receiver.db'}")
    with serving.own(database):
        assert examine().one("owner") == ("ok", "a receiver uses the file at this moment")
    assert examine().one("owner") == ("ok", "no receiver uses the file at this moment")


@only_sqlite
@pytest.mark.parametrize(
    ("free", "verdict", "told"),
    [
        (2 * 1024**3, "ok", "2.0 GB are free"),
        (1024**3 - 1, "warning", "only 1024 MB are free"),
        (200 * 1024**2, "failed", "only 200 MB are free"),
        (300, "failed", "only 300 bytes are free"),
    ],
)
def test_a_disk_without_room_is_found(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str, told: str
) -> None:
    usage = type(shutil.disk_usage("/"))(total=10**12, used=0, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    found = examine().one("disk")
    assert found[0] == verdict
    assert found[1].startswith(told)


@only_sqlite
def test_an_old_library_is_warned_of(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    library = databases.connect("sqlite:///x").engine.dialect.loaded_dbapi
    monkeypatch.setattr(library, "sqlite_version_info", (3, 51, 3))
    assert examine().one("sqlite library") == ("ok", "SQLite 3.51.3")
    monkeypatch.setattr(library, "sqlite_version_info", (3, 51, 2))
    verdict, detail = examine().one("sqlite library")
    assert verdict == "warning"
    assert "SQLite 3.51.2" in detail
    assert "pysqlite3" in detail


@only_sqlite
def test_another_journal_mode_is_found_and_left(
    examine: Examine, database_url: str, tmp_path: Path
) -> None:
    assert examine().one("journal mode") == ("ok", "WAL")
    copy = tmp_path / "copy.db"
    database = databases.connect(database_url)
    raw = database.engine.raw_connection()
    raw.cursor().execute(f"VACUUM INTO '{copy}'")
    raw.close()
    database.engine.dispose()
    before = copy.read_bytes()
    for _ in range(2):
        found = examine(DATABASE_URL=f"sqlite:///{copy}").one("journal mode")
        assert found[0] == "warning"
    assert copy.read_bytes() == before


@only_sqlite
def test_a_wal_that_has_grown_is_found(
    examine: Examine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examine().one("wal") == ("ok", "the WAL has 0 bytes")
    database = databases.connect(database_url)
    with databases.open_writer(database) as writer:
        recorded.commit(writer, [message("3EB0A1")])
        assert examine().one("wal")[0] == "ok"
        monkeypatch.setattr("receiver.cli.doctor.places.LARGE_WAL", 100)
        verdict, detail = examine().one("wal")
    database.engine.dispose()
    assert verdict == "warning"
    assert f"{tmp_path / 'receiver.db-wal'} has grown" in detail


@only_postgresql
def test_on_postgresql_there_is_no_file(examine: Examine) -> None:
    checks = {line["check"] for line in examine().lines}
    assert checks & {"place", "owner", "disk", "sqlite library", "journal mode", "wal"} == set()
