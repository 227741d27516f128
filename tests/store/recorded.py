"""Record bodies through the store's own entry, and read what has become of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from receiver.store import indexing, positions, recording
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.recording import Receipt
from receiver.store.views import messages as views

NOW = 1_800_000_000_000
"""When the tests receive, in milliseconds: after everything that their bodies tell of."""


Gather = Callable[..., list[Receipt]]
"""How a test records bodies: `each` or `batch`."""


def batch(database: Database, *bodies: bytes, at: int = NOW) -> list[Receipt]:
    """Record bodies in one transaction."""
    with open_writer(database) as connection:
        return commit(connection, bodies, at=at)


def each(database: Database, *bodies: bytes, at: int = NOW) -> list[Receipt]:
    """Record bodies in a transaction of its own each."""
    with open_writer(database) as connection:
        return [receipt for body in bodies for receipt in commit(connection, [body], at=at)]


def commit(connection: Connection, bodies: Sequence[bytes], *, at: int = NOW) -> list[Receipt]:
    """Record bodies in one transaction of an open connection."""
    with connection.begin():
        return recording.record(connection, bodies, received_at=at)


def index(database: Database) -> None:
    """Let everything be found that was recorded so far."""
    with open_writer(database) as connection:
        with connection.begin():
            position = positions.take(
                Change(connection, at=NOW, appends=False), indexing.READER, start=0
            )
        assert position
        after = position.seq
        while indexing.lag(connection):
            connection.rollback()
            with connection.begin():
                batch = indexing.gather(connection, after)
                indexing.write(Change(connection, at=NOW, appends=True).transaction, batch)
            after = batch.last


def message(database: Database, name: str | int) -> dict[str, Any]:
    """Return a message, which must be there, as the API shows it."""
    found = views.find(database.engine, str(name))
    assert found is not None, f"no message {name}"
    shown: dict[str, Any] = _as_json(found)
    return shown


def messages(database: Database) -> list[dict[str, Any]]:
    """Return all messages as the API shows them, in the order of their ids."""
    shown: list[dict[str, Any]] = _as_json(views.recent(database.engine, limit=100_000).data)
    return sorted(shown, key=lambda message: int(message["id"]))


def events(database: Database, kind: str | None = None) -> list[dict[str, Any]]:
    """Return the journal, or the events of a type."""
    found = rows(database, "SELECT * FROM events ORDER BY seq")
    return [
        event | {"data": orjson.loads(event["data"])}
        for event in found
        if kind in (None, event["type"])
    ]


def conversation(database: Database, chat: str, phone: str) -> dict[str, Any]:
    """Return the summary of a chat."""
    [found] = rows(
        database,
        "SELECT * FROM conversations WHERE chat_id = :chat AND phone_id = :phone",
        chat=chat,
        phone=phone,
    )
    return found


def forget_everything(connection: Connection) -> None:
    """Empty a database, as if nothing had ever come."""
    with connection.begin():
        for table in reversed(SQLModel.metadata.sorted_tables):
            if table.name != "heads":
                connection.execute(table.delete())
        connection.execute(
            text(
                "UPDATE heads SET notification_id = 0, conversation_id = 0, message_id = 0, seq = 0"
            )
        )


def kept_body(database: Database, notification_id: int) -> bytes:
    """Return the bytes of a notification, as they are kept."""
    [kept] = rows(
        database,
        "SELECT encoding, body FROM notifications WHERE id = :id",
        id=notification_id,
    )
    body = bytes(kept["body"])
    return zlib.decompress(body) if kept["encoding"] == "zlib" else body


def count(database: Database, table: str) -> int:
    """Return how many rows a table has."""
    [found] = rows(database, f"SELECT count(*) AS n FROM {table}")
    return int(found["n"])


def rows(database: Database, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return what a query finds."""
    with database.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text(sql), parameters)]


def change(database: Database, *statements: str) -> None:
    """Run statements in one transaction."""
    with open_writer(database) as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))


def _as_json(view: Any) -> Any:
    return orjson.loads(orjson.dumps(view))
