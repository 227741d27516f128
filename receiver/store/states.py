"""Record what tells a state and no time: phones on and off line or failing, agents in a live chat.

Such bodies are the same bytes each time, so a repeat can't be told by them alone. It is a repeat
when nothing else was told of the subject in between, or when it was news a short while ago: then
Maytapi is repeating itself. The state that is shown is always the one told last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import orjson

from receiver.events import EventType
from receiver.maytapi.notifications import LiveEvent, PhoneError, PhoneStatus, Reading, State
from receiver.store import conversations
from receiver.store.journal import Draft, Heads
from receiver.store.messages import Arrival
from receiver.store.rows import Transaction

REPEATED_WITHIN = timedelta(seconds=30)
"""A body that was news this recently is taken for a repeat, whatever was told in between."""


class _State(NamedTuple):
    subject: str
    fingerprint: bytes
    turn: int
    news_at: int
    told_at: int


_TOLD = "SELECT subject, fingerprint, turn, news_at, told_at FROM states WHERE subject = {mark}"

_TELL = """
INSERT INTO states (subject, fingerprint, turn, news_at, told_at)
VALUES ({mark}, {mark}, {mark}, {mark}, {mark})
ON CONFLICT (subject, fingerprint) DO UPDATE
SET turn = excluded.turn, news_at = excluded.news_at, told_at = excluded.told_at
"""

_SET_PHONE = """
INSERT INTO phones (phone_id, product_id, status, status_at) VALUES ({mark}, {mark}, {mark}, {mark})
ON CONFLICT (phone_id) DO UPDATE SET product_id = coalesce(excluded.product_id, phones.product_id),
  status = excluded.status, status_at = excluded.status_at
"""


def turn(transaction: Transaction, reading: Reading, fingerprint: bytes, *, told_at: int) -> int:
    """Return the number of this news in the history of its subject; a repeat has the last one's."""
    subject = reading.subject or ""
    told = map(_State._make, transaction.fetch(_TOLD, subject))
    state = _next({state.fingerprint: state for state in told}, fingerprint, told_at)
    transaction.execute(_TELL, *state._replace(subject=subject, fingerprint=fingerprint))
    for said in reading.said:
        if isinstance(said, PhoneStatus):
            transaction.execute(_SET_PHONE, said.phone_id, said.product_id, said.status, told_at)
    return state.turn


def _next(told: dict[bytes, _State], fingerprint: bytes, told_at: int) -> _State:
    before = told.get(fingerprint)
    latest = max(told.values(), key=lambda state: state.told_at, default=None)
    if latest:
        # Strictly rising also within a batch, so that the latest is always one.
        told_at = max(told_at, latest.told_at + 1)
    if before is None:
        return _State("", b"", 1, told_at, told_at)
    window = REPEATED_WITHIN // timedelta(milliseconds=1)
    if before is latest or told_at - before.news_at < window:
        return before._replace(told_at=told_at)
    return before._replace(turn=before.turn + 1, news_at=told_at, told_at=told_at)


def record(
    transaction: Transaction,
    heads: Heads,
    arrivals: Sequence[Arrival[State]],
) -> list[Draft]:
    """Return an event for each state: repeats have been sorted out, and it is set, by `turn`."""
    return [_record(transaction, heads, arrival) for arrival in arrivals]


def _record(
    transaction: Transaction,
    heads: Heads,
    arrival: Arrival[State],
) -> Draft:
    said = arrival.said
    draft = Draft(
        order=arrival.order,
        type=EventType.PHONE_STATUS,
        notification_id=arrival.notification_id,
        phone_id=said.phone_id,
    )
    match said:
        case PhoneStatus():
            draft.data = orjson.dumps({"status": said.status}).decode()
        case PhoneError():
            draft.type = EventType.PHONE_ERROR
            draft.data = orjson.dumps({"code": said.code, "message": said.message}).decode()
        case LiveEvent():
            chat = (said.phone_id, said.chat_id)
            draft.type = EventType.LIVE_EVENT
            draft.conversation_id = conversations.open_all(transaction, heads, [chat])[chat].id
            draft.data = orjson.dumps({"event": said.event}).decode()
    return draft
