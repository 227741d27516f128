"""When a failed event is tried again: exponential backoff with full jitter and a cap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and how soon a handler tries an event again."""

    attempts: int = 12
    """Tries in all, the first among them; after the last the event is dead."""
    first: timedelta = timedelta(seconds=2)
    """The longest pause after the first failure; it doubles with each further one."""
    longest: timedelta = timedelta(hours=1)

    def pause(self, attempts: int, random: Random) -> timedelta | None:
        """Return how long to wait after so many failed tries; None when it was the last."""
        if attempts >= self.attempts:
            return None
        # Past 30 doublings any cap is reached, and a timedelta would overflow.
        longest: timedelta = min(self.first * 2 ** min(attempts - 1, 30), self.longest)
        return longest * random.random()
