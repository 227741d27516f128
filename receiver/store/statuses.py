"""What messages have come to.

The highest of its ticks counts, and before there is one what the message itself says. Ticks are
not copied to the message: its row, with all of its content, would be written anew for each of them,
and on PostgreSQL every one of its indexes.
"""

from __future__ import annotations

from collections.abc import Iterable

from receiver.maytapi.acks import TICKS
from receiver.store.rows import Transaction, listed

_TO_RUNG = " ".join(f"WHEN '{tick}' THEN {rung}" for rung, tick in enumerate(TICKS))
_TO_TICK = " ".join(f"WHEN {rung} THEN '{tick}'" for rung, tick in enumerate(TICKS))
_HIGHEST = f"max(CASE type {_TO_RUNG} END)"

STATUS = f"""coalesce(
  CASE (SELECT {_HIGHEST} FROM acks WHERE message_id = messages.id) {_TO_TICK} END,
  messages.status)"""
"""As a part of a question: the status of its `messages`."""

_TICKS = f"SELECT message_id, {_HIGHEST} FROM acks WHERE message_id {{among_numbers}} GROUP BY 1"


def ticks(transaction: Transaction, messages: Iterable[int]) -> dict[int, str]:
    """Return the highest tick of each of these messages that has one."""
    found = transaction.fetch(_TICKS, listed(messages))
    return {message: TICKS[rung] for message, rung in found if rung is not None}
