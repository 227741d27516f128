"""See what operators have done to what a handler owes: they write to the database beside us.

Each look goes through a part of it, so that it costs the same however much is owed.
"""

from __future__ import annotations

from collections.abc import Set

from receiver.dispatch.desk import Desk
from receiver.dispatch.ledger import Ledger
from receiver.store import retries

AT_ONCE = 1_000
"""Retries that a look goes through."""


class Review:
    """Goes through the retries of a handler again and again."""

    def __init__(self, desk: Desk, handler: str, ledger: Ledger) -> None:
        self._desk = desk
        self._handler = handler
        self._ledger = ledger
        self._known: list[int] = []
        self._place = retries.BEFORE_ALL

    async def go_on(self, trying: Set[int]) -> bool:
        """Look through some more, but not what is being tried; tell whether any is let go."""
        await self._forgive(trying)
        return await self._free()

    async def _forgive(self, trying: Set[int]) -> None:
        """Forget what has been removed, or is dead."""
        self._known = self._known or list(self._ledger.owed)
        owed = set(self._known[:AT_ONCE]) - trying
        del self._known[:AT_ONCE]
        if owed:
            gone = owed - await self._desk.read(retries.still_owed, self._handler, owed)
            self._ledger.forgive(gone - trying)

    async def _free(self) -> bool:
        """Let go of what is parked behind nothing, because that has been removed."""
        name = self._handler
        stranded, self._place = await self._desk.read(
            retries.stranded, name, after=self._place, limit=AT_ONCE
        )
        if stranded:
            at = self._desk.now()
            self._ledger.write(lambda t: retries.free(t, name, stranded, at=at), about=name)
        return bool(stranded)
