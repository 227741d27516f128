"""Handling: the handler gets its state, and what it leaves of it is written with the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from receiver import Context, Event
from receiver.dispatch.calling import DONE, GIVEN_BACK, Verdict
from receiver.dispatch.desk import Desk
from receiver.dispatch.handling import Handling
from receiver.dispatch.ledger import Item, Ledger
from receiver.store.positions import Position
from tests.dispatch import handmade


def handling(desk: Desk, function: Callable[..., Any]) -> tuple[Handling, Ledger]:
    handler = handmade.handler(function)
    ledger = Ledger(handler, Position(0, True, False, 1), random=Random(1))
    return Handling(desk, handler, ledger, in_use=lambda _: True), ledger


async def count(event: Event, context: Context) -> None:
    """Count the calls, and fail at every second."""
    context.state["calls"] = context.state.get("calls", 0) + 1
    if event.id == 2:
        raise ValueError


def test_what_a_call_keeps_is_there_for_the_next_and_what_a_failed_one_did_is_not(
    desk: Desk,
) -> None:
    async def scenario() -> None:
        work, ledger = handling(desk, count)
        events = [handmade.message(number) for number in (1, 2, 3)]
        await work.prepare(events)
        verdicts = [(await work.call(Item(event))).verdict for event in events]
        assert verdicts == [Verdict.DONE, Verdict.AGAIN, Verdict.DONE]
        assert work._memory.state(3) == '{"calls":2}'
        assert not ledger.is_saved(("state", 3))

    asyncio.run(scenario())


def test_a_state_that_stays_as_it_is_is_not_written(desk: Desk) -> None:
    async def look(event: Event, context: Context) -> None:
        assert context.state == {}

    async def scenario() -> None:
        work, ledger = handling(desk, look)
        await work.prepare([handmade.message()])
        assert await work.call(Item(handmade.message())) is DONE
        assert ledger.is_saved(("state", 3))

    asyncio.run(scenario())


def test_an_event_of_no_conversation_keeps_nothing(desk: Desk) -> None:
    async def scenario() -> None:
        work, ledger = handling(desk, count)
        await work.prepare([handmade.phone_status("active")])
        assert await work.call(Item(handmade.phone_status("active"))) is DONE
        assert ledger.is_settled

    asyncio.run(scenario())


def test_calls_that_last_are_known_and_can_be_given_back(desk: Desk) -> None:
    async def scenario() -> None:
        began = asyncio.Event()

        async def hang(event: Event) -> None:
            began.set()
            await asyncio.Event().wait()

        work, _ = handling(desk, hang)
        event = handmade.message()
        await work.prepare([event])
        call = asyncio.ensure_future(work.call(Item(event)))
        await began.wait()
        assert [work.lasting(), work.lasting()] == [[], [event]]
        work.give_back()
        assert await call is GIVEN_BACK
        assert work.lasting() == []

    asyncio.run(scenario())
