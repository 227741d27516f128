"""Record a batch of notifications in the transaction of its caller: all rows and all events.

The number of statements does not depend on the number of notifications. Whether a notification is
a repeat is left to the unique constraint: everything is inserted, and then it shows what went in.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from receiver.events import EventType
from receiver.maytapi import notifications
from receiver.maytapi.messages import Message
from receiver.maytapi.notifications import (
    About,
    Ack,
    LiveEvent,
    PhoneError,
    PhoneStatus,
    PollTally,
    Reaction,
    Reading,
    SendFailure,
    State,
)
from receiver.store import about, bodies, messages, settling, states
from receiver.store.changing import Change
from receiver.store.journal import Draft, Heads
from receiver.store.messages import Arrival
from receiver.store.rows import Transaction
from receiver.store.tables import NotificationRow

MAX_REASON_CHARACTERS = 1000


Status = Literal["stored", "quarantined"]
"""How a notification is kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What has become of a notification."""

    status: Status | Literal["duplicate"]
    notification_id: int
    events: int
    """How many events it added to the journal."""


_OF_OURS = frozenset({EventType.MESSAGE_SENT, EventType.MESSAGE_ACK, EventType.MESSAGE_FAILED})


class _NewNotification(NamedTuple):
    id: int
    occasion: int
    fingerprint: bytes
    received_at: int
    status: Status
    reason: str | None
    encoding: str
    body: bytes


_WENT_IN = "SELECT id FROM notifications WHERE id >= {mark}"

_FIRST = "SELECT id FROM notifications WHERE occasion = {mark} AND fingerprint = {mark}"


Read = tuple[bytes, Reading]
"""A body, and what it says."""


def record(connection: Connection, bodies: Sequence[bytes], *, received_at: int) -> list[Receipt]:
    """Record bodies in their order, and return a receipt for each.

    `received_at` is in milliseconds since 1970. Nothing is promised before the caller commits.
    """
    change = Change(connection, at=received_at, appends=True)
    receipts = record_read(change, [(body, notifications.parse(body)) for body in bodies])
    change.finish()
    return receipts


def record_read(change: Change, read: Sequence[Read]) -> list[Receipt]:
    """Record bodies that were parsed before."""
    transaction, heads, received_at = change.transaction, change.heads, change.at
    known_to = heads.message_id
    new = _rows(transaction, heads, read, received_at)
    went_in = transaction.insert_counted(NotificationRow, new)
    stored_as = {row.id: row.id for row in new}
    if went_in < len(new):
        stored_as |= _repeats(transaction, new)
    fresh = [
        (row.id, reading)
        for row, (_, reading) in zip(new, read, strict=True)
        if stored_as[row.id] == row.id
    ]
    drafts = record_said(transaction, heads, fresh, received_at)
    change.tell(*sorted(drafts, key=lambda draft: draft.order))
    settling.settle(change, _with_strangers(drafts, known_to))
    counts = Counter(draft.notification_id for draft in drafts)
    return [
        Receipt(
            status=row.status if stored_as[row.id] == row.id else "duplicate",
            notification_id=stored_as[row.id],
            events=counts[row.id],
        )
        for row in new
    ]


def judged(reading: Reading) -> tuple[Status, str | None]:
    """Return how a notification that was read so is kept, and why it could not be read."""
    if not reading.problems:
        return "stored", None
    return "quarantined", "; ".join(reading.problems)[:MAX_REASON_CHARACTERS]


def _rows(
    transaction: Transaction,
    heads: Heads,
    read: Sequence[Read],
    received_at: int,
) -> list[_NewNotification]:
    new = []
    for body, reading in read:
        heads.notification_id += 1
        fingerprint = hashlib.blake2b(body, digest_size=16).digest()
        occasion = reading.occasion
        if reading.subject:
            occasion = states.turn(transaction, reading, fingerprint, told_at=received_at)
        new.append(
            _NewNotification(
                heads.notification_id,
                occasion,
                fingerprint,
                received_at,
                *judged(reading),
                *bodies.pack(body),
            )
        )
    return new


def _repeats(transaction: Transaction, new: Sequence[_NewNotification]) -> dict[int, int]:
    """Return, for the rows that did not go in, the id under which the body is stored."""
    went_in = {found for (found,) in transaction.fetch(_WENT_IN, new[0].id)}
    return {
        row.id: transaction.fetch(_FIRST, row.occasion, row.fingerprint)[0][0]
        for row in new
        if row.id not in went_in
    }


def record_said(
    transaction: Transaction,
    heads: Heads,
    fresh: Sequence[tuple[int, Reading]],
    received_at: int,
    *,
    again: bool = False,
) -> list[Draft]:
    """Record what these notifications say; drafts are numbered in the order in which it came."""
    drafts: list[Draft] = []
    told: list[Arrival[Message]] = []
    told_about: list[Arrival[About]] = []
    told_states: list[Arrival[State]] = []
    order = 0
    for notification_id, reading in fresh:
        for said in reading.said:
            order += 1
            match said:
                case Message():
                    told.append(Arrival(order, notification_id, said))
                case Ack() | Reaction() | PollTally() | SendFailure():
                    told_about.append(Arrival(order, notification_id, said))
                case PhoneStatus() | PhoneError() | LiveEvent():
                    told_states.append(Arrival(order, notification_id, said))
        if reading.problems:
            order += 1
            drafts.append(_quarantined(order, notification_id, reading))
    drafts += messages.record(transaction, heads, told, received_at=received_at, again=again)
    drafts += about.record(transaction, heads, told_about, received_at=received_at, again=again)
    drafts += states.record(transaction, heads, told_states)
    return drafts


def _with_strangers(drafts: Sequence[Draft], known_to: int) -> set[int]:
    """Return the conversations in which messages of ours turned up that nobody knew.

    Also those that were known by their acks alone until now.
    """
    return {
        draft.conversation_id
        for draft in drafts
        if ((draft.message_id or 0) > known_to or draft.type is EventType.MESSAGE_SENT)
        and draft.type in _OF_OURS
        and draft.conversation_id
    }


def _quarantined(order: int, notification_id: int, reading: Reading) -> Draft:
    return Draft(
        order=order,
        type=EventType.NOTIFICATION_QUARANTINED,
        notification_id=notification_id,
        data=orjson.dumps({"problems": reading.problems}).decode(),
    )
