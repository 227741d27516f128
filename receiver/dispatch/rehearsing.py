"""Rehearse a handler: call it once with an event, and see what it would do.

There are no positions and no retries here: whoever rehearses decides what comes next.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from receiver.dispatch import memory
from receiver.dispatch.calling import DONE, Call, Outcome, Verdict
from receiver.dispatch.context import Context
from receiver.dispatch.desk import Desk
from receiver.dispatch.routing import Handler
from receiver.events import Event
from receiver.maytapi.outgoing import Outgoing
from receiver.store import handler_states


@dataclass(frozen=True, kw_only=True)
class Rehearsal(Desk):
    """A desk that notes what is sent; it is queued only where it `records`."""

    records: bool
    noted: dict[str, Outgoing] = field(default_factory=dict)
    """What was sent, by its origin: what a handler sends again is sent once."""

    def queue(self, message: Outgoing, origin: str) -> Future[int]:
        """Note a message, and queue it if this is more than a rehearsal."""
        self.noted.setdefault(origin, message)
        if self.records:
            return super().queue(message, origin)
        nowhere: Future[int] = Future()
        nowhere.set_result(0)
        return nowhere


class Performance(NamedTuple):
    """What a handler has made of an event."""

    wanted: bool
    outcome: Outcome
    before: dict[str, Any]
    """What it kept of the conversation."""
    state: dict[str, Any]
    """What it keeps from now on."""


async def perform(
    rehearsal: Rehearsal, handler: Handler, event: Event, *, attempt: int = 1
) -> Performance:
    """Call a handler once, with what it keeps of the conversation, whatever it does."""
    before = await _kept(rehearsal, handler, event)
    wanted = handler.may_want(event)
    context = Context(
        handler=handler.name,
        event=event,
        attempt=attempt,
        state=orjson.loads(before),
        surroundings=rehearsal,
        default_phone=rehearsal.default_phone,
    )
    outcome = await Call(handler, event, context).outcome() if wanted else DONE
    state = before
    if outcome.verdict is Verdict.DONE:
        try:
            state = memory.written(context.state)
        except TypeError as error:
            outcome = Outcome(Verdict.AGAIN, str(error))
    if rehearsal.records and state != before:
        await _keep(rehearsal, handler, event, state)
    return Performance(wanted, outcome, orjson.loads(before), orjson.loads(state))


async def _kept(rehearsal: Rehearsal, handler: Handler, event: Event) -> str:
    if event.conversation_id is None:
        return handler_states.EMPTY
    kept = await rehearsal.read(handler_states.load, handler.name, [event.conversation_id])
    return kept[event.conversation_id]


async def _keep(rehearsal: Rehearsal, handler: Handler, event: Event, state: str) -> None:
    conversation_id = event.conversation_id
    if conversation_id is not None:
        name = handler.name
        await rehearsal.writer.change(
            lambda change: handler_states.save(change.transaction, name, conversation_id, state)
        )
