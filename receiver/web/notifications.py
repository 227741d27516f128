"""The operations on notifications."""

from __future__ import annotations

from typing import Literal

from receiver.store.database import Database
from receiver.store.views import notifications
from receiver.store.views.notifications import BodyView, NotificationView
from receiver.store.views.shapes import Page
from receiver.web.operations import Operation, reading
from receiver.web.parameters import DEFAULT_LIMIT, Limit, Number, Parameters


class OneNotification(Parameters):
    """The id of a notification."""

    id: Number


class ManyNotifications(Parameters):
    """Which notifications are wanted."""

    status: Literal["stored", "quarantined"] | None = None
    limit: Limit = DEFAULT_LIMIT
    """How many there may be in the answer."""
    cursor: Number | None = None
    """The `next` of the answer before."""


def operations(database: Database) -> list[Operation]:
    """Return what can be done with notifications."""
    engine = database.engine

    def many(given: ManyNotifications) -> Page[NotificationView]:
        return notifications.recent(engine, given.status, limit=given.limit, after=given.cursor)

    def one(given: OneNotification) -> BodyView | None:
        return notifications.find(engine, given.id)

    return [
        reading(
            "/notifications",
            "Notifications, the newest first",
            ManyNotifications,
            Page[NotificationView],
            many,
        ),
        reading(
            "/notifications/{id}", "One notification with its body", OneNotification, BodyView, one
        ),
    ]
