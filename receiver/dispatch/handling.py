"""Handle items: call the handler with what it keeps of the conversation, and keep what it left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import orjson

from receiver.dispatch import memory
from receiver.dispatch.calling import DONE, Call, Outcome, Verdict
from receiver.dispatch.context import Context
from receiver.dispatch.desk import Desk
from receiver.dispatch.ledger import Item, Ledger
from receiver.dispatch.memory import Memory
from receiver.dispatch.routing import Handler
from receiver.events import Event
from receiver.store import handler_states


class Handling:
    """The calls of a handler that are under way."""

    def __init__(
        self, desk: Desk, handler: Handler, ledger: Ledger, *, in_use: Callable[[int], bool]
    ) -> None:
        """`in_use` tells whether there is more to be handled of a conversation."""
        self._desk = desk
        self._handler = handler
        self._ledger = ledger
        self._in_use = in_use
        self._memory = Memory(self._load, in_use=self._needs)
        self._calls: set[Call] = set()
        self._seen: set[Call] = set()

    def lasting(self) -> list[Event]:
        """Return what the handler was being called with at the last look already."""
        before, self._seen = self._seen, set(self._calls)
        return [call.event for call in before & self._calls]

    async def prepare(self, events: Iterable[Event]) -> None:
        """Make ready for events, which must be in use before anything else is waited for."""
        if self._handler.takes_context:
            await self._memory.recall({e.conversation_id for e in events if e.conversation_id})

    async def call(self, item: Item) -> Outcome:
        """Call the handler; what it keeps is written together with what the outcome leads to."""
        conversation_id = item.event.conversation_id if self._handler.takes_context else None
        before = self._memory.state(conversation_id)
        context = Context(
            handler=self._handler.name,
            event=item.event,
            attempt=item.attempt,
            state=orjson.loads(before),
            surroundings=self._desk,
            default_phone=self._desk.default_phone,
        )
        call = Call(self._handler, item.event, context)
        self._calls.add(call)
        outcome = await call.outcome()
        self._calls.discard(call)
        if outcome is DONE and conversation_id is not None:
            return self._keep(conversation_id, context.state, before)
        return outcome

    def give_back(self) -> None:
        """End all calls because the process stops."""
        for call in list(self._calls):
            call.give_back()

    def _keep(self, conversation_id: int, kept: object, before: str) -> Outcome:
        try:
            state = memory.written(kept)
        except TypeError as error:
            return Outcome(Verdict.AGAIN, str(error))
        if state != before:
            self._memory.keep(conversation_id, state)
            self._ledger.write(
                lambda t: handler_states.save(t, self._handler.name, conversation_id, state),
                about=_state_of(conversation_id),
            )
        return DONE

    async def _load(self, conversations: Collection[int]) -> Mapping[int, str]:
        return await self._desk.read(handler_states.load, self._handler.name, conversations)

    def _needs(self, conversation_id: int) -> bool:
        is_saved = self._ledger.is_saved(_state_of(conversation_id))
        return not is_saved or self._in_use(conversation_id)


def _state_of(conversation_id: int) -> tuple[str, int]:
    return "state", conversation_id
