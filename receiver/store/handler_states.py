"""What handlers keep of conversations: a JSON object each, saved with what it follows from."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.engine import Connection

from receiver.store.rows import Transaction, listed

_LOAD = """
SELECT conversation_id, state FROM handler_states
WHERE handler = {mark} AND conversation_id {among_numbers}
"""
_SAVE = """
INSERT INTO handler_states (handler, conversation_id, state)
SELECT {mark}, id, {mark} FROM conversations WHERE id = {mark}
ON CONFLICT (handler, conversation_id) DO UPDATE SET state = excluded.state
"""
_FORGET = "DELETE FROM handler_states WHERE handler = {mark} AND conversation_id = {mark}"

EMPTY = "{}"


def load(connection: Connection, handler: str, conversations: Collection[int]) -> dict[int, str]:
    """Return what is kept of these conversations, as JSON text; `EMPTY` where nothing is."""
    found = Transaction(connection).fetch(_LOAD, handler, listed(conversations))
    return dict.fromkeys(conversations, EMPTY) | dict(map(tuple, found))


def save(transaction: Transaction, handler: str, conversation_id: int, state: str) -> None:
    """Keep a state in place of the one before; an empty one takes no room.

    Of a conversation that was erased nothing is kept.
    """
    if state == EMPTY:
        transaction.execute(_FORGET, handler, conversation_id)
    else:
        transaction.execute(_SAVE, handler, state, conversation_id)
