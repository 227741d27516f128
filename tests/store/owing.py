"""A handler that has come so far and owes this much, as rows say it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from receiver.store import positions, retries
from receiver.store.changing import Change
from receiver.store.database import WRITER, Database
from receiver.store.retries import Retry, State
from tests.bodies import message
from tests.store import recorded

HANDLER = "shop.answer"


def tell(database: Database, *chats: str) -> None:
    """Record a message in each of the chats: so many events, numbered from 1."""
    bodies = [message(f"3EB0{n}", chat=f"{chat}@c.us") for n, chat in enumerate(chats)]
    recorded.batch(database, *bodies)


def come(database: Database, seq: int, *, handler: str = HANDLER, released: bool = True) -> None:
    """Let a handler have come so far."""
    with database.engine.connect().execution_options(**WRITER) as connection, connection.begin():
        change = Change(connection, at=0, appends=False)
        positions.take(change, handler, start=0)
        positions.move(change.transaction, handler, seq)
        if released:
            positions.release(change, handler)


def owe(database: Database, *owed: tuple[int, State], handler: str = HANDLER) -> None:
    """Let a handler owe events, each of its own conversation."""
    with database.engine.connect().execution_options(**WRITER) as connection, connection.begin():
        rows = [
            Retry(handler, seq, _conversation(connection, seq), state, 3, 7_000, "it rained")
            for seq, state in owed
        ]
        retries.add(Change(connection, at=0, appends=False).transaction, rows)


def states(database: Database, handler: str = HANDLER) -> dict[int, str]:
    """Return the state of everything that a handler owes."""
    sql = "SELECT seq, state FROM retries WHERE handler = :handler ORDER BY seq"
    return {row["seq"]: row["state"] for row in recorded.rows(database, sql, handler=handler)}


def attempts(database: Database) -> Sequence[int]:
    """Return how often each event that is owed was tried."""
    found = recorded.rows(database, "SELECT attempts FROM retries ORDER BY handler, seq")
    return [row["attempts"] for row in found]


def _conversation(connection: object, seq: int) -> int | None:
    sql = text("SELECT conversation_id FROM events WHERE seq = :seq")
    found: int | None = connection.execute(sql, {"seq": seq}).scalar()  # type: ignore[attr-defined]
    return found
