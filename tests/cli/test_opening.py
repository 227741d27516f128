"""The database of the settings is opened, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.cli.opening import opened
from receiver.errors import DatabaseUnavailable, SchemaMismatch
from receiver.settings import Settings
from tests.databases import only_sqlite


def test_a_database_that_is_there_is_opened(database_url: str) -> None:
    with opened(Settings(database_url=database_url)) as database:
        assert database.engine.connect().close() is None


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "receiver.db"
    with (
        pytest.raises(DatabaseUnavailable, match="there is no database"),
        opened(Settings(database_url=f"sqlite:///{file}")),
    ):
        raise AssertionError
    assert not file.exists()


@only_sqlite
def test_one_without_our_schema_is_not_used(empty_database_url: str) -> None:
    Path(empty_database_url.removeprefix("sqlite:///")).touch()
    with (
        pytest.raises(SchemaMismatch, match="receiver migrate"),
        opened(Settings(database_url=empty_database_url)),
    ):
        raise AssertionError
