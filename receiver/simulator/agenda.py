"""What is going to happen, in order of time; things of the same moment in the order of planning."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import NamedTuple

Action = Callable[[], object]


class _Entry(NamedTuple):
    due: datetime
    number: int
    action: Action
    awaited: bool


class Agenda:
    """A list of actions with their times."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers = count()

    def plan(self, due: datetime, action: Action, *, awaited: bool = True) -> None:
        """Put an action down for a time; `awaited` if nothing is settled before it."""
        heapq.heappush(self._entries, _Entry(due, next(self._numbers), action, awaited))

    def until(self, now: datetime) -> Iterator[tuple[datetime, Action]]:
        """Take what is due, also what is planned meanwhile."""
        while self._entries and self._entries[0].due <= now:
            entry = heapq.heappop(self._entries)
            yield entry.due, entry.action

    @property
    def is_settled(self) -> bool:
        """Whether nothing is planned that anybody waits for."""
        return not any(entry.awaited for entry in self._entries)

    def next_due(self) -> datetime | None:
        """Return when the next thing happens, or None when nothing is planned."""
        return self._entries[0].due if self._entries else None
