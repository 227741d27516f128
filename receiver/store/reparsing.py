"""Read notifications again, after the parser has learnt something: what is news is recorded.

What was recorded before stays as it is. Every row that a notification brings has an identity of its
own, so that reading it once more, or a hundred times, adds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Engine, select, text
from sqlmodel import col

from receiver.maytapi import notifications
from receiver.maytapi.notifications import Reading, State
from receiver.store import bodies, recording, states
from receiver.store.changing import Change
from receiver.store.database import Database, connected, open_writer
from receiver.store.recording import Receipt
from receiver.store.rows import Transaction
from receiver.store.tables import IS_QUARANTINED, NotificationRow


class _Kept(NamedTuple):
    fingerprint: bytes
    received_at: int
    reason: str | None
    encoding: str
    body: bytes


class _Outcome(NamedTuple):
    status: str
    reason: str | None
    id: int


_KEPT = """
SELECT fingerprint, received_at, reason, encoding, body FROM notifications WHERE id = {mark}
"""

_WAS_TOLD = "SELECT 1 FROM states WHERE subject = {mark} AND fingerprint = {mark}"


def reparse(change: Change, notification_id: int) -> Receipt | None:
    """Read a notification again; None when there is none.

    It is a job of the writer that appends.
    """
    transaction = change.transaction
    found = transaction.fetch(_KEPT, notification_id)
    if not found:
        return None
    kept = _Kept(*found[0])
    if kept.reason == bodies.ERASED:
        return Receipt(status="stored", notification_id=notification_id, events=0)
    reading = notifications.parse(bodies.unpack(kept.encoding, kept.body))
    news = _without_states_told(transaction, reading, kept)
    drafts = recording.record_said(
        transaction, change.heads, [(notification_id, news)], kept.received_at, again=True
    )
    change.tell(*sorted(drafts, key=lambda draft: draft.order))
    status, reason = recording.judged(reading)
    transaction.update(NotificationRow, [_Outcome(status, reason, notification_id)])
    return Receipt(status=status, notification_id=notification_id, events=len(drafts))


def reparse_each(database: Database, ids: Iterable[int]) -> Iterator[Receipt | None]:
    """Read notifications again, each in a transaction of its own; no writer may be at work."""
    with open_writer(database) as connection:
        for notification_id in ids:
            with connection.begin():
                change = Change(connection, at=int(time.time() * 1000), appends=True)
                receipt = reparse(change, notification_id)
                change.finish()
            yield receipt


def quarantined(engine: Engine) -> Iterator[int]:
    """Return the ids of all notifications that could not be read, from the oldest on."""
    id, last = col(NotificationRow.id), 0
    statement = select(id).where(text(IS_QUARANTINED)).order_by(id).limit(1000)
    while True:
        with connected(engine) as connection:
            found = connection.execute(statement.where(id > last)).scalars().all()
        if not found:
            return
        yield from found
        last = found[-1]


def _without_states_told(transaction: Transaction, reading: Reading, kept: _Kept) -> Reading:
    """Leave out what has no identity but its turn, if it has had it; and the problems."""
    said = reading.said
    if reading.subject:
        if transaction.fetch(_WAS_TOLD, reading.subject, kept.fingerprint):
            said = [one for one in said if not isinstance(one, State)]
        else:
            states.turn(transaction, reading, kept.fingerprint, told_at=kept.received_at)
    return reading._replace(said=said, problems=[])
