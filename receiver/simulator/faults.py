"""What goes wrong on purpose, and how often: shares between 0 (never) and 1 (always)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

HELD_BACK = timedelta(seconds=3)
"""At most this long a body waits while others overtake it, at the usual pace of life."""


class Mishap(StrEnum):
    """What becomes of a call in place of its answer."""

    REFUSED = "refused"
    """500, and nothing was done."""
    TIMED_OUT = "timed out"
    """504; it was done or not, nobody knows."""
    DROPPED = "dropped"
    """The connection ends before anything was done."""
    ANSWER_LOST = "answer lost"
    """It was done, and the connection ends without an answer."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """How often each fault happens."""

    repeated: float = 0.0
    """Notifications that are posted twice."""
    reordered: float = 0.0
    """Notifications that later ones overtake; the acks of an array change places as well."""
    early_acks: float = 0.0
    """Sends whose first tick is posted before sendMessage is answered."""
    hidden_senders: float = 0.0
    """Group messages that come with a blank user and a sender `@lid`."""
    bursts: float = 0.0
    """Moments in which somebody writes five messages instead of one."""
    refused_calls: float = 0.0
    timed_out_calls: float = 0.0
    dropped_calls: float = 0.0
    lost_answers: float = 0.0
    slow_calls: timedelta = timedelta(0)
    """How long every call is kept waiting."""

    @classmethod
    def all(cls, share: float) -> Faults:
        """Return every fault, as often as the share says; nothing is slow."""
        return cls(
            repeated=share,
            reordered=share,
            early_acks=share,
            hidden_senders=share,
            bursts=share,
            refused_calls=share / 4,
            timed_out_calls=share / 4,
            dropped_calls=share / 4,
            lost_answers=share / 4,
        )


def mishap(faults: Faults, random: Random) -> Mishap | None:
    """Draw what becomes of a call; None when it is answered."""
    drawn = random.random()
    for kind, share in (
        (Mishap.REFUSED, faults.refused_calls),
        (Mishap.TIMED_OUT, faults.timed_out_calls),
        (Mishap.DROPPED, faults.dropped_calls),
        (Mishap.ANSWER_LOST, faults.lost_answers),
    ):
        if drawn < share:
            return kind
        drawn -= share
    return None


def itinerary(faults: Faults, random: Random, *, pace: float) -> tuple[timedelta, ...]:
    """Draw when a notification is posted, counted from its turn: once at once, if all is well."""
    first = _held_back(random, pace) if random.random() < faults.reordered else timedelta(0)
    if random.random() < faults.repeated:
        return (first, first + _held_back(random, pace))
    return (first,)


def _held_back(random: Random, pace: float) -> timedelta:
    # Also at the fastest pace a moment, or nothing could overtake.
    return HELD_BACK * random.random() * pace + timedelta(milliseconds=random.randint(1, 20))
