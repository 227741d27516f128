"""When a failed event is tried again: exponential backoff with full jitter and a cap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from receiver.errors import BadHandler


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and how soon a handler tries an event again."""

    attempts: int = 12
    """Tries in all, the first among them; after the last the event is dead."""
    first: timedelta = timedelta(seconds=2)
    """The longest pause after the first failure; it doubles with each further one."""
    longest: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        if not isinstance(self.attempts, int) or self.attempts < 1:
            raise BadHandler(f"a handler tries once or more, not {self.attempts!r} times")

    def pause(self, attempts: int, random: Random) -> timedelta | None:
        """Return how long to wait after so many failed tries; None when it was the last."""
        if attempts >= self.attempts:
            return None
        # A float, because a timedelta overflows; past 60 doublings any cap is reached.
        longest = self.first.total_seconds() * 2.0 ** min(attempts - 1, 60)
        return timedelta(seconds=min(longest, self.longest.total_seconds()) * random.random())
