"""The journal as it is read from outside: what comes after a number, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select
from sqlalchemy.engine import Connection, Row
from sqlmodel import col

from receiver.store.database import connected
from receiver.store.tables import EventRow
from receiver.store.views import filters
from receiver.store.views.filters import EVERY_EVENT, EventFilter
from receiver.store.views.shapes import Time, json, written

MAX_SCANNED = 200_000
"""Events that are looked through for those of a rare kind before what was found is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventView:
    """One thing that happened."""

    seq: int
    type: str
    at: Time
    phone_id: str | None
    conversation_id: int | None
    message_id: int | None
    notification_id: int | None
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A run of events; `next` is where to go on, now or when there is more."""

    data: Sequence[EventView]
    next: int


def following(engine: Engine, after: int, wanted: EventFilter = EVERY_EVENT, *, limit: int) -> Feed:
    """Return events from behind a number, in order.

    `next` is the last number given. Where nothing of the kind that is wanted came in a long run of
    others, it is the last of that run, and what follows is for the next call.
    """
    seq = col(EventRow.seq)
    statement = selected().where(seq > after).order_by(seq).limit(limit)
    with connected(engine) as connection:
        if wanted == EVERY_EVENT:
            found = connection.execute(statement).all()
            return _feed(found, after)
        last = _last_scanned(connection, after)
        statement = statement.where(*filters.of_events(wanted))
        found = connection.execute(statement.where(seq <= last)).all()
        more = connection.execute(select(seq).where(seq > last).limit(1)).first()
    return _feed(found, last if more and len(found) < limit else after)


def selected() -> Select[Any]:
    """Return the question for the whole journal, to be narrowed down."""
    events = EventRow.__table__  # type: ignore[attr-defined]
    return select(events)


def view(row: Row[Any]) -> EventView:
    """Return the event of a row."""
    return EventView(
        seq=row.seq,
        type=row.type,
        at=written(row.at),
        phone_id=row.phone_id or None,
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        notification_id=row.notification_id,
        data=json(row.data),
    )


def _last_scanned(connection: Connection, after: int) -> int:
    """Return where a look through the journal ends; its oldest events may have been erased."""
    seq = col(EventRow.seq)
    first = connection.execute(select(seq).where(seq > after).order_by(seq).limit(1)).scalar()
    return (first or after) + MAX_SCANNED - 1


def _feed(found: Sequence[Row[Any]], otherwise: int) -> Feed:
    next_after = max(otherwise, found[-1].seq) if found else otherwise
    return Feed(data=[view(row) for row in found], next=next_after)
