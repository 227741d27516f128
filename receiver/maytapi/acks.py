"""Everything that decides what a message has come to.

Maytapi's words mislead: `delivered` is one tick (WhatsApp's servers have it), `reached` two (the
device has it), `seen` blue. The status of a message is the highest rung it was ever said to have
reached; repeats and late ticks never lower it, so any order of acks ends in the same status.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

QUEUED = "queued"
UNKNOWN = "unknown"
"""Maytapi was called, and it can't be known whether it sends the message."""
ACCEPTED = "accepted"
FAILED = "failed"

TICKS = ("delivered", "reached", "seen", "played")
"""The acks that make a status, from lowest to highest."""

LADDER = (QUEUED, UNKNOWN, ACCEPTED, FAILED, *TICKS)
"""From lowest to highest. A tick outweighs `failed`: it can't be there unless it was sent."""

ACK_CODES = {1: "delivered", 2: "reached", 3: "seen", 4: "played", 5: "deleted"}
"""`ackCode` of the documents; bare arrays of the oldest form have no codes."""

DELETED = "deleted"
"""A fact beside the ladder: it says nothing of how far the message had come."""

UNKNOWN_KIND = "unknown"
"""The type given to an entry that has neither an ack type nor code: kept, moves nothing."""

_RUNG = {status: rung for rung, status in enumerate((None, *LADDER))}
_NEWS = frozenset({FAILED, *TICKS})


def advance(status: str | None, news: str) -> str | None:
    """Return what a message has come to after an ack or a failure, whatever their order."""
    return higher(status, news) if news in _NEWS else status


def higher(one: str | None, other: str | None) -> str | None:
    """Return the higher of two statuses; None is below all."""
    return one if _RUNG[one] >= _RUNG[other] else other


def highest(status: str | None, told: Iterable[str]) -> str | None:
    """Return what a message has come to after all that was told of it."""
    return reduce(advance, told, status)


def shown(status: str | None, direction: str) -> str | None:
    """Return the status that a message shows: acks of what others sent are kept, and make none."""
    return status if direction == "outgoing" else None


def name_of(ack_type: str | None, ack_code: int | None) -> str:
    """Name an entry by its type; by its code where the type is missing."""
    if ack_type:
        return ack_type.lower()
    return ACK_CODES.get(ack_code or 0, UNKNOWN_KIND)
