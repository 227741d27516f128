"""Take over a handler where another process left it, or was ended by one of its events.

Who ended the process can't be known, and mostly it was nobody here: a machine was switched off, or
somebody was impatient. What was under way counts as tried, and is tried again, side by side. What
is there once more when the process ends is suspect, and tried one at a time from then on. Its last
try is made while nothing else runs, so that a suspect is only given up for what it has done itself.
What had failed of itself before, and is broken off at its last try, has had its tries: it is dead.
"""

from __future__ import annotations

from collections.abc import Sequence

from receiver.dispatch.calling import Outcome, Verdict
from receiver.dispatch.desk import Desk
from receiver.dispatch.ledger import ENDED, Item, Ledger
from receiver.dispatch.routing import Handler
from receiver.store import reading, retries
from receiver.store.positions import Position
from receiver.store.retries import Retry, State


async def resume(
    desk: Desk, handler: Handler, position: Position, ledger: Ledger, *, ahead: int
) -> set[int]:
    """Enter all that is owed, and what may have been under way up to so many events ahead.

    Returns the events behind the position that have an account already.
    """
    accounted = await desk.read(retries.beyond, handler.name, position.seq)
    owed = await desk.read(retries.owed, handler.name)
    for row in owed:
        ledger.owe(row)
    await _blame(desk, handler, ledger, [row for row in owed if row.state == State.RUNNING])
    if not position.released and not handler.trusted:
        for event in await desk.read(reading.after, position.seq, limit=ahead):
            if handler.may_want(event) and event.id not in accounted:
                ledger.adopt(event)
            ledger.skip(event.id)
    return accounted


async def _blame(desk: Desk, handler: Handler, ledger: Ledger, broken_off: Sequence[Retry]) -> None:
    """Take tries that were broken off for failed, in their order."""
    events = await desk.read(reading.these, [row.seq for row in broken_off])
    known = {event.id: event for event in events}
    blamed: set[int] = set()
    for row in broken_off:
        if row.seq not in known:  # erased
            ledger.drop(row)
            continue
        if row.conversation_id in blamed:
            ledger.hold_back(row, State.PARKED)
        elif handler.retry.attempts == 1 and row.error != ENDED:  # not alone, nor surely called
            ledger.hold_back(row, State.WAITING)
        else:
            ended = Outcome(Verdict.AGAIN, ENDED)
            ledger.finish(Item(known[row.seq], row), ended, at=desk.now())
            ledger.suspect(row)
        if row.conversation_id and handler.is_ordered:
            blamed.add(row.conversation_id)
