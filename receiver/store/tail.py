"""The end of the journal in memory: read once, for all who read there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Tail(Generic[Item]):
    """The items that were read last, in the order of their `seq`, with none missing in between."""

    def __init__(self, *, seq: Callable[[Item], int], size: int) -> None:
        self._seq = seq
        self._size = size
        self._items: list[Item] = []
        self._start = 0
        """The position behind which everything up to the last item is here."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def last(self) -> int:
        """The `seq` of the last item; 0 before the first."""
        return self._seq(self._items[-1]) if self._items else 0

    def reaches(self, position: int) -> bool:
        """Tell whether it reaches back to what comes behind a position."""
        return position >= self._start

    def after(self, position: int) -> list[Item]:
        """Return the items behind a position that it reaches back to."""
        return self._items[bisect_right(self._items, position, key=self._seq) :]

    def add(self, position: int, items: Iterable[Item]) -> None:
        """Add what was read behind a position; what somebody far behind has read is passed over."""
        new = list(items)
        if not new or position < self.last:
            return
        if position > self.last:
            self._items, self._start = [], position
        self._items += new
        if len(self._items) > self._size:
            self._start = self._seq(self._items[-self._size - 1])
            del self._items[: -self._size]
