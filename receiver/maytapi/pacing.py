"""How long to wait: between the messages of one phone, and before a call is made again."""

from __future__ import annotations

from datetime import timedelta

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=8)
"""A session that restarts (W05) takes some seconds."""

MAX_PATIENCE = timedelta(seconds=60)
"""Who is asked to wait longer than this gives up, and lets the caller decide."""


class Pace:
    """Hands out the moments at which each phone may send its next message."""

    def __init__(self, messages_per_second: float | None) -> None:
        self._interval = 1 / messages_per_second if messages_per_second else 0.0
        self._free: dict[str, float] = {}

    def wait(self, phone_id: str, now: float) -> float:
        """Take the phone's next free moment; return how many seconds away it is."""
        moment = max(now, self._free.get(phone_id, now))
        self._free[phone_id] = moment + self._interval
        return moment - now


def pause(tries: int, asked: timedelta | None, chance: float) -> timedelta | None:
    """Return how long to wait after so many tries, or None when it is of no use.

    Args:
        asked: what the other side asked for (Retry-After); it is never undercut.
        chance: from 0 to 1; callers that failed together must not come back together.
    """
    if asked is not None:
        return asked if asked <= MAX_PATIENCE else None
    doubled: timedelta = FIRST_PAUSE * 2 ** (tries - 1)
    return min(doubled, LONGEST_PAUSE) * (0.5 + chance / 2)
