"""How much there is of everything, as cheaply as it can be counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Connection
from sqlmodel import col

from receiver.store import journal
from receiver.store.database import connected
from receiver.store.tables import OPEN_STATUSES, MessageRow, NotificationRow, PhoneRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Numbers of what is stored."""

    notifications: Mapping[str, int]
    """By status."""
    messages: Mapping[str, int]
    """By status, of those that nobody has told to be delivered."""
    events: int
    """The last `seq` of the journal: so many there ever were."""
    phones: Mapping[str, str]
    """What was told last of each phone of ours, by its id."""


def count(engine: Engine) -> Counts:
    """Count what is stored."""
    with connected(engine) as connection:
        return Counts(
            notifications=_notifications(connection),
            messages=_messages(connection),
            events=journal.last_seq(connection),
            phones=_phones(connection),
        )


def _notifications(connection: Connection) -> dict[str, int]:
    # Grouped, this would read all bodies; so it reads an index, and one of the few.
    every = select(func.count()).select_from(NotificationRow)
    unread = every.where(col(NotificationRow.status) == "quarantined")
    quarantined = connection.execute(unread).scalar_one()
    stored = connection.execute(every).scalar_one() - quarantined
    return {"stored": stored, "quarantined": quarantined}


def _messages(connection: Connection) -> dict[str, int]:
    status = col(MessageRow.status)
    counted = select(status, func.count()).where(status.in_(OPEN_STATUSES)).group_by(status)
    found = {name: number for name, number in connection.execute(counted) if name}
    return dict.fromkeys(OPEN_STATUSES, 0) | found


def _phones(connection: Connection) -> dict[str, str]:
    told = select(col(PhoneRow.phone_id), col(PhoneRow.status)).order_by(col(PhoneRow.phone_id))
    return dict(connection.execute(told).all())
