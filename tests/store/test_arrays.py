"""Arrays as PostgreSQL takes them: what comes out is what was put in."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from psycopg.errors import CharacterNotInRepertoire

from receiver.store.arrays import packed
from receiver.store.database import Database

COLUMNS = [
    ("BIGINT", [0, -1, None, 2**63 - 1, -(2**63)]),
    ("INTEGER", [None, 0, 2**31 - 1, -(2**31)]),
    ("TEXT", ["", None, "NULL", '{"a",b}', "back\\slash", "\u00e9\U0001f469", "x" * 100_000]),
    ("BYTEA", [b"", None, bytes(range(256)), b"\\x41"]),
    ("BOOLEAN", [True, None, False]),
]


@pytest.mark.parametrize(("kind", "values"), COLUMNS)
def test_what_goes_in_comes_out(on_postgresql: Database, kind: str, values: list[Any]) -> None:
    assert _sent(on_postgresql, kind, values) == values


@pytest.mark.parametrize("kind", [kind for kind, _ in COLUMNS])
def test_an_array_may_be_empty(on_postgresql: Database, kind: str) -> None:
    assert _sent(on_postgresql, kind, []) == []


@pytest.mark.parametrize(("kind", "value"), [("BIGINT", 2**63), ("INTEGER", 2**31)])
def test_a_number_too_large_is_refused_and_not_cut(kind: str, value: int) -> None:
    with pytest.raises(struct.error):
        packed(kind, [value])


def test_a_text_that_can_not_be_kept_is_refused(on_postgresql: Database) -> None:
    with pytest.raises(CharacterNotInRepertoire):
        _sent(on_postgresql, "TEXT", ["a\x00b"])


def _sent(database: Database, kind: str, values: list[Any]) -> list[Any]:
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        [found] = driver.execute(f"SELECT %s::{kind}[]", [packed(kind, values)]).fetchone()
        driver.rollback()
    return list(found)
