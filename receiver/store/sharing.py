"""How processes share the handlers: by advisory locks of PostgreSQL; on SQLite there is but one.

A process holds a lock for each handler that it works for, and a shared one for each that it would
work for. The server frees both when the connection ends, so no clock is needed to notice that a
process is dead, and everybody can see who has many handlers and who has few.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from receiver.store.rows import Transaction

_WORKING = 0x6D61_7974
_READY = _WORKING + 1
"""First halves of the keys; the second is the handler's."""

# A session counts how often it has taken a lock: once is enough, for it is freed once. It may have
# it already, from a transaction that was rolled back, or work that was broken off.
_HELD = """
SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
  AND classid::bigint = {mark} AND objid::bigint = {mark} AND objsubid = 2
"""
_CLAIM = f"""
SELECT CASE WHEN EXISTS ({_HELD}) THEN true
  ELSE pg_try_advisory_lock({{mark}}::int, {{mark}}::int) END
"""
_FREE = "SELECT pg_advisory_unlock({mark}::int, {mark}::int)"
_LOCKS = """
SELECT pid, pid = pg_backend_pid(), objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND classid::bigint = {mark} AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_GET_READY = f"""
SELECT pg_advisory_lock_shared({{mark}}::int, {{mark}}::int) WHERE NOT EXISTS ({_HELD})
"""


class _Lock(NamedTuple):
    pid: int
    is_ours: bool
    key: int


def claim(transaction: Transaction, handler: str) -> bool:
    """Take a handler for as long as the connection lives; False when another process has it."""
    if transaction.backend == "sqlite":
        return True
    key = _key(handler)
    [(claimed,)] = transaction.fetch(_CLAIM, _WORKING, key, _WORKING, _signed(key))
    return bool(claimed)


def free(transaction: Transaction, handler: str) -> None:
    """Leave a handler to others."""
    if transaction.backend == "postgresql":
        transaction.fetch(_FREE, _WORKING, _signed(_key(handler)))


def get_ready(transaction: Transaction, handler: str) -> None:
    """Let others see that this process would work for a handler."""
    if transaction.backend == "postgresql":
        key = _key(handler)
        transaction.fetch(_GET_READY, _READY, _signed(key), _READY, key)


def claimed(transaction: Transaction, handlers: Collection[str]) -> set[str]:
    """Return those of the handlers that a process works for; PostgreSQL knows."""
    working = {lock.key for lock in _locks(transaction, _WORKING)}
    return {handler for handler in handlers if _key(handler) in working}


def is_uneven(transaction: Transaction, handlers: Collection[str]) -> bool:
    """Tell whether this process should leave one of the handlers to another, which has fewer."""
    if transaction.backend == "sqlite":
        return False
    keys = {_key(handler) for handler in handlers}
    working = [lock for lock in _locks(transaction, _WORKING) if lock.key in keys]
    ours = {lock.key for lock in working if lock.is_ours}
    loads = Counter(lock.pid for lock in working)
    ready = {
        lock.pid for lock in _locks(transaction, _READY) if lock.key in ours and not lock.is_ours
    }
    return any(loads[pid] + 1 < len(ours) for pid in ready)


def _locks(transaction: Transaction, kind: int) -> list[_Lock]:
    return [*map(_Lock._make, transaction.fetch(_LOCKS, kind))]


def _key(handler: str) -> int:
    """Return the handler's half of a key as `pg_locks` shows it: without a sign."""
    return int.from_bytes(hashlib.blake2b(handler.encode(), digest_size=4).digest(), "big")


def _signed(key: int) -> int:
    """Return a half of a key as the locks' functions take it."""
    return key - 2**32 if key >= 2**31 else key
