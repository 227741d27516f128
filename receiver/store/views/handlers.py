"""Handlers as operators see them: how far each has come, and how much it owes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Connection
from sqlmodel import col

from receiver.store import journal, positions
from receiver.store.database import connected
from receiver.store.retries import State
from receiver.store.tables import PositionRow, RetryRow
from receiver.store.views.shapes import Page


@dataclass(frozen=True, kw_only=True, slots=True)
class HandlerView:
    """A handler, and where it stands."""

    name: str
    position: int
    """The last event before the first that it has not finished."""
    lag: int
    """How many events there are behind its position."""
    waiting: int
    """Events that wait for another try, or are in it."""
    parked: int
    """Events that wait for an earlier one of their conversation."""
    dead: int
    """Events that were given up."""
    running: bool
    """Whether a process works for it."""
    paused: bool
    orphaned: bool | None
    """Whether no code is loaded for it any more; null from a process that loads none."""


def every(engine: Engine, loaded: Collection[str] | None = None) -> Page[HandlerView]:
    """Return all handlers that ever ran here, by name; `loaded` are those whose code is there."""
    reader = col(PositionRow.reader)
    found = select(reader, col(PositionRow.seq), col(PositionRow.paused))
    found = found.where(~reader.startswith("@")).order_by(reader)
    with connected(engine) as connection:
        rows = connection.execute(found).all()
        head = journal.last_seq(connection)
        owed = _owed(connection)
        working = positions.worked_for(connection, [row.reader for row in rows])
    views = [
        HandlerView(
            name=row.reader,
            position=row.seq,
            lag=max(0, head - row.seq),
            waiting=owed[row.reader, State.WAITING] + owed[row.reader, State.RUNNING],
            parked=owed[row.reader, State.PARKED],
            dead=owed[row.reader, State.DEAD],
            running=row.reader in working,
            paused=row.paused,
            orphaned=None if loaded is None else row.reader not in loaded,
        )
        for row in rows
    ]
    return Page(data=views, next=None)


def one(engine: Engine, name: str, loaded: Collection[str] | None = None) -> HandlerView | None:
    """Return one handler."""
    found = [view for view in every(engine, loaded).data if view.name == name]
    return found[0] if found else None


def _owed(connection: Connection) -> Counter[tuple[str, str]]:
    handler, state = col(RetryRow.handler), col(RetryRow.state)
    counted = select(handler, state, func.count().label("owed")).group_by(handler, state)
    return Counter({(row.handler, row.state): row.owed for row in connection.execute(counted)})
