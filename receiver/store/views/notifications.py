"""Notifications: what Maytapi posted, and whether it could be read."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select, text
from sqlalchemy.engine import Row
from sqlmodel import col

from receiver.store import bodies
from receiver.store.database import connected
from receiver.store.tables import IS_QUARANTINED, NotificationRow
from receiver.store.views.shapes import Page, Time, page, written


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationView:
    """A notification without its body."""

    id: int
    received_at: Time
    status: str
    """`stored`, or `quarantined` when it could not be read, in part or whole."""
    reason: str | None
    """Why it could not be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyView:
    """A notification with its body, which need not be text: `body` has U+FFFD where it is not."""

    id: int
    received_at: Time
    status: str
    reason: str | None
    body: str
    body_base64: str
    """The body byte for byte."""


def find(engine: Engine, notification_id: int) -> BodyView | None:
    """Return a notification with its body."""
    statement = selected().where(col(NotificationRow.id) == notification_id)
    with connected(engine) as connection:
        found = connection.execute(statement).first()
    return view(found) if found else None


def recent(
    engine: Engine, status: str | None = None, *, limit: int, after: int | None = None
) -> Page[NotificationView]:
    """Return notifications, the newest first, from below an id."""
    id = col(NotificationRow.id)
    shown: list[Any] = [NotificationRow.received_at, NotificationRow.status, NotificationRow.reason]
    statement: Select[Any] = select(id, *shown).order_by(id.desc()).limit(limit + 1)
    if status == "quarantined":
        statement = statement.where(text(IS_QUARANTINED))
    elif status is not None:
        statement = statement.where(col(NotificationRow.status) == status)
    if after is not None:
        statement = statement.where(id < after)
    with connected(engine) as connection:
        found = connection.execute(statement).all()
    return page(
        [*found], limit, views=lambda rows: [_short(row) for row in rows], cursor=lambda row: row.id
    )


def selected() -> Select[Any]:
    """Return the question for all notifications with their bodies, to be narrowed down."""
    notifications = NotificationRow.__table__  # type: ignore[attr-defined]
    return select(notifications)


def view(row: Row[Any]) -> BodyView:
    """Return the notification of a row, with its body."""
    body = bodies.unpack(row.encoding, row.body)
    return BodyView(
        id=row.id,
        received_at=written(row.received_at),
        status=row.status,
        reason=row.reason,
        body=body.decode("utf-8", "replace"),
        body_base64=b64encode(body).decode(),
    )


def _short(row: Row[Any]) -> NotificationView:
    return NotificationView(
        id=row.id,
        received_at=written(row.received_at),
        status=row.status,
        reason=row.reason,
    )
