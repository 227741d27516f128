"""The operations on notifications."""

from __future__ import annotations

from typing import Literal

from receiver.store import reparsing
from receiver.store.database import Database
from receiver.store.recording import Receipt
from receiver.store.views import notifications
from receiver.store.views.notifications import BodyView, NotificationView
from receiver.store.views.shapes import Page
from receiver.store.writer import Writer
from receiver.web.operations import Operation, changing, reading
from receiver.web.parameters import Number, Numbered, Parameters


class OneNotification(Parameters):
    """The id of a notification."""

    id: Number


class ManyNotifications(Numbered):
    """Which notifications are wanted."""

    status: Literal["stored", "quarantined"] | None = None


def operations(database: Database, writer: Writer) -> list[Operation]:
    """Return what can be done with notifications."""
    engine = database.engine

    def many(given: ManyNotifications) -> Page[NotificationView]:
        return notifications.recent(engine, given.status, limit=given.limit, after=given.cursor)

    def one(given: OneNotification) -> BodyView | None:
        return notifications.find(engine, given.id)

    async def reparse(given: OneNotification) -> Receipt | None:
        return await writer.change(lambda change: reparsing.reparse(change, given.id), appends=True)

    return [
        reading("/notifications", "Notifications, the newest first", many),
        reading("/notifications/{id}", "One notification with its body", one),
        changing(
            "/notifications/{id}/reparse",
            "Read a notification again, after an upgrade; what was recorded before stays",
            reparse,
        ),
    ]
