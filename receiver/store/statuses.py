"""What messages have come to.

The highest of its ticks counts, and before there is one what the row of the message says. The row
is not kept up with its ticks: it would be written anew for each, with all of its content, and on
PostgreSQL in every index. It is written once only, where a tick ends one of `OPEN_STATUSES`: so
what the row says is right where it is open, and those are found by an index.
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
"""The status of a message, for a question that has `messages` in it."""

_TICKS = f"SELECT message_id, {_HIGHEST} FROM acks WHERE message_id {{among_numbers}} GROUP BY 1"


def ticks(transaction: Transaction, messages: Iterable[int]) -> dict[int, str]:
    """Return the highest tick of each of these messages that has one."""
    found = transaction.fetch(_TICKS, listed(messages))
    return {message: TICKS[rung] for message, rung in found if rung is not None}
