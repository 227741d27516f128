"""A case is looked at once, and only where somebody asks."""

from __future__ import annotations

from pathlib import Path

from receiver.cli.doctor.case import Case
from receiver.errors import BadHandler
from receiver.settings import Settings
from receiver.store import database as databases
from receiver.store.database import Database


def case(database: Database, **given: str) -> Case:
    return Case(Settings(_env_file=None, **given), [], database)  # type: ignore[arg-type]


def test_a_file_is_there_or_not(tmp_path: Path) -> None:
    file = tmp_path / "receiver.db"
    found = case(databases.connect(f"sqlite:///{file}"))
    assert found.file is None
    file.touch()
    assert found.file == file


def test_there_is_no_file_on_postgresql() -> None:
    assert case(databases.connect("postgresql:///inbox")).file is None


def test_tokens_and_address_are_as_they_are_used(database: Database) -> None:
    found = case(database, webhook_token="new, old", public_url="https://my.host/")
    assert (found.tokens, found.address) == (["new", "old"], "https://my.host")


def test_ours_is_known_without_any_code_and_nothing_where_it_is_broken(
    database: Database,
) -> None:
    assert case(database).known == {"sender"}
    broken = case(database, handlers="nothing:here")
    assert isinstance(broken.handlers, BadHandler)
    assert broken.known is None


def test_it_is_counted_once(database: Database) -> None:
    found = case(database)
    assert found.counts is found.counts
