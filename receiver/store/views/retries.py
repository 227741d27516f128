"""What a handler still owes, event by event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select
from sqlalchemy.engine import Row
from sqlmodel import col

from receiver.store.database import connected
from receiver.store.tables import EventRow, RetryRow
from receiver.store.views.shapes import Page, Time, page, timestamp


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryView:
    """An event that a handler still owes."""

    handler: str
    seq: int
    type: str | None
    """The event's type; null where the event has been erased."""
    conversation_id: int | None
    state: str
    """`waiting`, `running`, `parked` behind an earlier one of its conversation, or `dead`."""
    attempts: int
    due_at: Time | None
    """When it is tried again, or was given up."""
    error: str | None
    """What the last try ended with."""


def owed(
    engine: Engine, handler: str, state: str | None = None, *, limit: int, after: int | None = None
) -> Page[RetryView]:
    """Return what a handler owes, in the order of events; a cursor is the `seq` of one."""
    statement = _select(handler).order_by(col(RetryRow.seq)).limit(limit + 1)
    if state is not None:
        statement = statement.where(col(RetryRow.state) == state)
    if after is not None:
        statement = statement.where(col(RetryRow.seq) > after)
    with connected(engine) as connection:
        found = connection.execute(statement).all()
    return page(found, limit, views=_views, cursor=lambda row: row.seq)


def find(engine: Engine, handler: str, seq: int) -> RetryView | None:
    """Return what a handler owes of an event."""
    statement = _select(handler).where(col(RetryRow.seq) == seq)
    with connected(engine) as connection:
        found = connection.execute(statement).all()
    return _views(found)[0] if found else None


def _select(handler: str) -> Select[Any]:
    retries = RetryRow.__table__  # type: ignore[attr-defined]
    joined = select(retries, col(EventRow.type)).outerjoin(
        EventRow, col(EventRow.seq) == col(RetryRow.seq)
    )
    return joined.where(col(RetryRow.handler) == handler)


def _views(rows: Sequence[Row[Any]]) -> list[RetryView]:
    return [
        RetryView(
            handler=row.handler,
            seq=row.seq,
            type=row.type,
            conversation_id=row.conversation_id,
            state=row.state,
            attempts=row.attempts,
            due_at=timestamp(row.due_at),
            error=row.error,
        )
        for row in rows
    ]
