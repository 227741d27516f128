"""The tables as the models tell of them, as the migrations make them, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from receiver.store.database import Database
from tests import bodies
from tests.store import disorder, recorded

PREFIXES = ("pk_", "fk_", "uq_", "ix_", "ck_")


def test_models_and_migrations_agree(database: Database) -> None:
    assert _differences(database) == []


def test_a_constraint_that_only_the_models_know_would_show(database: Database) -> None:
    disorder.drop_constraint(database, "messages", "uq_messages_canonical_key_copy_key")
    [difference] = _differences(database)
    assert difference[0] == "add_constraint"


def test_a_column_that_only_the_migrations_know_would_show(database: Database) -> None:
    recorded.change(database, "ALTER TABLE messages ADD COLUMN forgotten TEXT")
    [difference] = _differences(database)
    assert difference[0] == "remove_column"


def test_models_make_what_migrations_make_to_the_letter(
    database: Database, empty_database: Database
) -> None:
    """What the comparison above can't see: conditions of indexes, checks, tables without rowid."""
    SQLModel.metadata.create_all(empty_database.engine)
    others = ("alembic_version", "_words")  # what searching needs is each engine's own
    migrated = {one for one in _definitions(database) if not any(other in one for other in others)}
    assert _definitions(empty_database) == migrated


def test_every_constraint_and_index_has_a_name_of_ours(database: Database) -> None:
    names = [*_names(database)]
    assert len(names) >= 20
    assert [name for name in names if not str(name).startswith(PREFIXES)] == []


def test_the_tables_are_ours_and_no_more(database: Database) -> None:
    with database.engine.connect() as connection:
        tables = {one for one in inspect(connection).get_table_names() if "_words" not in one}
    assert tables == {*SQLModel.metadata.tables, "alembic_version"}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("notifications", "occasion, fingerprint"),
        ("conversations", "phone_id, chat_id"),
        ("messages", "canonical_key, copy_key"),
        ("messages", "msg_id, phone_id"),
        ("acks", "message_id, type, at"),
        ("reactions", "message_id, reactor_id, at, emoji"),
        ("poll_tallies", "message_id, at, fingerprint"),
        ("states", "subject, fingerprint"),
        ("phones", "phone_id"),
        ("events", "seq"),
    ],
)
def test_what_is_the_same_is_refused(database: Database, table: str, columns: str) -> None:
    name = bodies.whatsapp_id("3EB0A1", from_me=True)
    recorded.batch(
        database,
        bodies.message(serialized=name, from_me=True),
        bodies.status("active"),
        bodies.acks(
            bodies.ack("seen", msg_id=bodies.UUID, rxid=name, at=bodies.SENT),
            bodies.reaction(name, "👍"),
            bodies.tally(name, votes=1),
        ),
    )
    with pytest.raises(IntegrityError):
        recorded.change(database, _copy(table, columns))


def test_there_is_one_row_of_heads(database: Database) -> None:
    others = "notification_id, conversation_id, message_id, seq"
    with pytest.raises(IntegrityError):
        recorded.change(database, f"INSERT INTO heads (id, {others}) SELECT 2, {others} FROM heads")


def test_a_message_may_lack_the_names_that_it_does_not_have(database: Database) -> None:
    recorded.batch(
        database,
        bodies.message("3EB0A1"),
        bodies.message("3EB0A2"),
        bodies.acks(
            bodies.ack("seen", msg_id=bodies.UUID), bodies.ack("seen", msg_id=bodies.OTHER_UUID)
        ),
    )
    assert recorded.count(database, "messages") == 4


def _differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or "_words" not in (name or ""),
        }
        context = MigrationContext.configure(connection, opts=options)
        differences: list[Any] = compare_metadata(context, SQLModel.metadata)
        return differences


def _definitions(database: Database) -> set[str]:
    if database.file:
        found = recorded.rows(database, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {_unordered(row["sql"]) for row in found}
    found = [
        *recorded.rows(
            database, "SELECT indexdef AS sql FROM pg_indexes WHERE schemaname = 'public'"
        ),
        *recorded.rows(
            database,
            "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS sql "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        ),
        *recorded.rows(
            database,
            "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) AS sql "
            "FROM information_schema.columns WHERE table_schema = 'public'",
        ),
    ]
    return {row["sql"] for row in found}


def _unordered(sql: str) -> str:
    """Forget spaces, quotes and the order of columns and constraints."""
    head, _, rest = " ".join(sql.split()).replace('"', "").partition("(")
    inside, _, tail = rest.rpartition(")")
    if head.startswith("CREATE TABLE"):
        inside = ", ".join(sorted(part.strip() for part in inside.replace(")", ") ").split(",")))
    return f"{head}({inside}){tail}"


def _names(database: Database) -> Iterator[str | None]:
    with database.engine.connect() as connection:
        for table in SQLModel.metadata.tables:
            yield from _names_of(connection, table)


def _names_of(connection: Connection, table: str) -> Iterator[str | None]:
    inspector = inspect(connection)
    yield inspector.get_pk_constraint(table)["name"]
    yield from (one["name"] for one in inspector.get_unique_constraints(table))
    yield from (one["name"] for one in inspector.get_foreign_keys(table))
    yield from (one["name"] for one in inspector.get_check_constraints(table))
    yield from (one["name"] for one in inspector.get_indexes(table))


def _copy(table: str, key: str) -> str:
    """Return a statement that inserts a row again, under another id where it has one."""
    names = [column.name for column in SQLModel.metadata.tables[table].columns]
    values = [f"{name} + 1000" if name == "id" and key != "id" else name for name in names]
    if table == "messages":
        other = "msg_id" if key.startswith("canonical") else "canonical_key"
        values[names.index(other)] = "NULL"
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"
