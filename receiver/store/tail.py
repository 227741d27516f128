"""The end of the journal in memory: read once, for all who read there within a few seconds.

Later it is read anew: what it told of may have been erased, by another process too.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Generic, TypeVar

KEPT_FOR = timedelta(seconds=5)

Item = TypeVar("Item")


class Tail(Generic[Item]):
    """The items that were read last, in the order of their `seq`, with none missing in between."""

    def __init__(
        self,
        *,
        seq: Callable[[Item], int],
        size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seq = seq
        self._size = size
        self._clock = clock
        self._read: deque[tuple[float, int]] = deque()
        """When it was read, and up to where."""
        self._items: list[Item] = []
        self._start = 0
        """The position behind which everything up to the end is here."""
        self.end = 0
        """The position up to which everything is here; beyond the last item, there was none."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def last(self) -> int:
        """The `seq` of the last item, or where it was; 0 before the first."""
        return self._seq(self._items[-1]) if self._items else self._start

    def reaches(self, position: int) -> bool:
        """Tell whether it reaches back to what comes behind a position."""
        while self._read and self._read[0][0] < self._clock() - KEPT_FOR.total_seconds():
            self._forget(up_to=self._read.popleft()[1])
        return position >= self._start

    def after(self, position: int) -> list[Item]:
        """Return the items behind a position that it reaches back to."""
        return self._items[bisect_right(self._items, position, key=self._seq) :]

    def add(self, position: int, items: Iterable[Item], *, end: int | None = None) -> None:
        """Add what was read behind a position, up to an end, if not to the last of the items.

        What somebody far behind has read is passed over.
        """
        new = list(items)
        if end is None:
            end = self._seq(new[-1]) if new else position
        if position < self.end or end <= position:
            return
        if position > self.end:
            self._items, self._start = [], position
        self._items += new
        self._read.append((self._clock(), end))
        self.end = end
        if len(self._items) > self._size:
            self._forget(up_to=self._seq(self._items[-self._size - 1]))

    def _forget(self, *, up_to: int) -> None:
        self._start = max(self._start, up_to)
        self._items = self.after(up_to)
