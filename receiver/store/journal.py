"""The journal: events in the order of commit, numbered without a hole.

A reader remembers the highest `seq` that it has seen, so no event may ever be committed below one
that is visible. Whoever writes therefore holds a lock from before the first number is taken until
its commit: on SQLite the file has one writer anyway, on PostgreSQL it is an advisory lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.engine import Connection

from receiver.events import EventType
from receiver.store.rows import Transaction
from receiver.store.tables import EventRow, HeadRow

WRITE_LOCK = 0x6D61_7974_6170_6901
"""The key of PostgreSQL's advisory lock around the numbers."""

CHANNEL = "receiver_events"
"""Where PostgreSQL tells other processes the last `seq` of each commit."""


@dataclass(slots=True)
class Heads:
    """The last number given to each kind of row; read under the lock, saved with the commit."""

    notification_id: int
    conversation_id: int
    message_id: int
    seq: int


@dataclass(kw_only=True, slots=True)
class Draft:
    """An event that has no number yet."""

    type: EventType
    order: int = 0
    """Its place among what a batch of notifications tells."""
    notification_id: int | None = None
    phone_id: str = ""
    conversation_id: int | None = None
    message_id: int | None = None
    data: str = "{}"


class _NewEvent(NamedTuple):
    seq: int
    type: str
    at: int
    phone_id: str
    conversation_id: int | None
    message_id: int | None
    notification_id: int | None
    data: str


class _SavedHeads(NamedTuple):
    notification_id: int
    conversation_id: int
    message_id: int
    seq: int
    id: int


def lock(transaction: Transaction) -> Heads:
    """Wait for the right to write, and return the last numbers."""
    if transaction.backend == "postgresql":
        # A statement of its own: the next one must see what the last holder has committed.
        transaction.execute("SELECT pg_advisory_xact_lock({mark})", WRITE_LOCK)
    return heads(transaction)


def heads(transaction: Transaction) -> Heads:
    """Return the last numbers given, which others may go beyond."""
    [found] = transaction.fetch(
        "SELECT notification_id, conversation_id, message_id, seq FROM heads"
    )
    return Heads(*found)


def last_seq(connection: Connection) -> int:
    """Return the number of the newest event that is committed."""
    seq: int = connection.exec_driver_sql("SELECT seq FROM heads").scalar_one()
    return seq


def append(transaction: Transaction, heads: Heads, drafts: Iterable[Draft], *, at: int) -> None:
    """Number the drafts in their order and write them; save the heads."""
    new = []
    for draft in drafts:
        heads.seq += 1
        new.append(
            _NewEvent(
                heads.seq,
                draft.type.value,
                at,
                draft.phone_id,
                draft.conversation_id,
                draft.message_id,
                draft.notification_id,
                draft.data,
            )
        )
    transaction.insert_new(EventRow, new)
    saved = _SavedHeads(
        heads.notification_id, heads.conversation_id, heads.message_id, heads.seq, 1
    )
    transaction.update(HeadRow, [saved])
    if new and transaction.backend == "postgresql":
        transaction.execute(f"SELECT pg_notify('{CHANNEL}', {{mark}})", str(heads.seq))
