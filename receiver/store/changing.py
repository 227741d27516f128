"""A transaction of the writer under way: what everything that goes into it shares."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from receiver.store import journal
from receiver.store.journal import Draft, Heads
from receiver.store.rows import Transaction


class Change:
    """Statements, numbers and events of one transaction; whoever began it commits."""

    def __init__(self, connection: Connection, *, at: int, appends: bool, session: int = 0) -> None:
        self.transaction = Transaction(connection)
        self.session = session
        """Which connection of the writer this is: after a failure it opens another one."""
        self.at = at
        """Now, in milliseconds since 1970 (UTC)."""
        # Before all else, so that two transactions never wait for each other's rows and this lock.
        self._heads = journal.lock(self.transaction) if appends else None
        self._drafts: list[Draft] = []

    @property
    def heads(self) -> Heads:
        """The last numbers given; only for what said that it appends."""
        assert self._heads is not None, "whoever takes numbers must say so before"
        return self._heads

    def tell(self, *drafts: Draft) -> None:
        """Add events, in their order."""
        self._drafts += drafts

    def finish(self) -> int | None:
        """Write the events; return the last `seq`, or None where nothing could be appended."""
        if self._heads is None:
            return None
        journal.append(self.transaction, self._heads, self._drafts, at=self.at)
        return self._heads.seq
