"""Two rows that turn out to be one message become one.

It happens when acks came under a name that nothing else knew (`msgId` alone, or no phone) and a
later notification tells both names. Whatever is told of the old row moves to the other, and its id
is kept as an alias, because events may have named it.
"""

from __future__ import annotations

from typing import NamedTuple

from receiver.maytapi import acks
from receiver.store import searching
from receiver.store.rows import Transaction
from receiver.store.statuses import STATUS
from receiver.store.tables import MergedMessageRow, MessageRow


class _Merged(NamedTuple):
    msg_id: str | None
    whatsapp_id: str | None
    canonical_key: int | None
    copy_key: int | None
    status: str | None
    deleted_at: int | None
    error: str | None
    id: int


class _Alias(NamedTuple):
    id: int
    message_id: int


_MERGED = f"""
SELECT msg_id, whatsapp_id, canonical_key, copy_key, {STATUS}, deleted_at, error, id
FROM messages WHERE id IN ({{mark}}, {{mark}})
"""

# What was sent through us comes back with what only WhatsApp knows of it.
_TAKE_CONTENT = """
UPDATE messages SET (sent_at, sender_id, sender_name, sender_phone, payload) =
  (SELECT sent_at, sender_id, sender_name, sender_phone, payload FROM messages WHERE id = {mark})
WHERE id = {mark} AND payload IS NULL
"""

_MOVED = (
    ("acks", "message_id, type, at, received_at, notification_id"),
    ("reactions", "message_id, reactor_id, at, emoji, received_at, notification_id"),
    ("poll_tallies", "message_id, at, fingerprint, tally, received_at, notification_id"),
)


def merge(transaction: Transaction, *, into: int, old: int) -> None:
    """Make the message `old` a part of the message `into`."""
    both = {row.id: row for row in map(_Merged._make, transaction.fetch(_MERGED, into, old))}
    kept, gone = both[into], both[old]
    transaction.execute(_TAKE_CONTENT, old, into)
    for table, columns in _MOVED:
        _move(transaction, table, columns, into=into, old=old)
    for statement in (
        f"UPDATE merged_messages SET message_id = {into} WHERE message_id = {old}",
        f"UPDATE conversations SET last_message_id = {into} WHERE last_message_id = {old}",
        f"DELETE FROM messages WHERE id = {old}",
    ):
        transaction.execute(statement)
    searching.keep(transaction, searching.MESSAGES, [(old, [])])
    transaction.insert_new(MergedMessageRow, [_Alias(old, into)])
    transaction.update(MessageRow, [_merged(kept, gone)])


def _move(transaction: Transaction, table: str, columns: str, *, into: int, old: int) -> None:
    others = columns.removeprefix("message_id, ")
    transaction.execute(
        f"INSERT INTO {table} ({columns}) SELECT {into}, {others} FROM {table} "
        f"WHERE message_id = {old} ON CONFLICT DO NOTHING"
    )
    transaction.execute(f"DELETE FROM {table} WHERE message_id = {old}")


def _merged(kept: _Merged, gone: _Merged) -> _Merged:
    names = kept if kept.whatsapp_id else gone
    times = [at for at in (kept.deleted_at, gone.deleted_at) if at is not None]
    return _Merged(
        kept.msg_id or gone.msg_id,
        names.whatsapp_id,
        names.canonical_key,
        names.copy_key,
        acks.higher(kept.status, gone.status),
        min(times, default=None),
        kept.error or gone.error,
        kept.id,
    )
