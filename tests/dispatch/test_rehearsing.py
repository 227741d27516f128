"""A rehearsal calls a handler as a shift does, and leaves no trace unless it records."""

from __future__ import annotations

import asyncio

import pytest

from receiver import Context, Event, F, MessageReceived, Retry, Router
from receiver.dispatch.calling import Verdict
from receiver.dispatch.rehearsing import Performance, Rehearsal, perform
from receiver.dispatch.routing import Handler
from receiver.inbox import Inbox
from receiver.store import reading
from receiver.store.database import Database
from tests.bodies import CHAT, message
from tests.store import recorded

router = Router("shop")


@router.on(MessageReceived, F.text != "unwanted")
async def answer(event: MessageReceived, context: Context) -> None:
    """Count, answer twice, and fail where it is asked to."""
    context.state["asked"] = context.state.get("asked", 0) + 1
    context.reply("one")
    await context.reply("two")
    if event.text == "again":
        raise Retry("later", delay=5)
    if event.text == "odd":
        context.state["odd"] = {1, 2}
    if event.text == "list":
        context.state = []  # type: ignore[assignment]


@router.on(MessageReceived, lambda event: event.text.nothing)
def stumble(event: MessageReceived) -> None:
    """Never be reached."""


def rehearse(
    database: Database, text: str, *, records: bool = False, handler: int = 0, times: int = 1
) -> tuple[list[Performance], Rehearsal]:
    recorded.batch(database, message(text=text))
    handlers: list[Handler] = [*router.handlers()]

    async def go() -> tuple[list[Performance], Rehearsal]:
        async with Inbox(database, ()) as inbox:
            rehearsal = Rehearsal(
                database=database, writer=inbox.writer, watch=inbox.watch, records=records
            )
            [event] = database.ask(reading.these, [1])
            return [
                await perform(rehearsal, handlers[handler], event) for _ in range(times)
            ], rehearsal

    return asyncio.run(go())


def test_what_it_would_send_and_keep_is_told_and_not_done(database: Database) -> None:
    [performance], rehearsal = rehearse(database, "hello")
    assert performance.outcome.verdict is Verdict.DONE
    assert (performance.before, performance.state) == ({}, {"asked": 1})
    assert [(m.chat_id, m.text) for m in rehearsal.noted.values()] == [(CHAT, "one"), (CHAT, "two")]
    assert recorded.count(database, "sends") == recorded.count(database, "handler_states") == 0


def test_recorded_it_is_sent_once_and_its_state_goes_on(database: Database) -> None:
    performances, rehearsal = rehearse(database, "hello", records=True, times=2)
    assert [one.state for one in performances] == [{"asked": 1}, {"asked": 2}]
    assert len(rehearsal.noted) == recorded.count(database, "sends") == 2


def test_a_failure_keeps_nothing(database: Database) -> None:
    [performance], _ = rehearse(database, "again", records=True)
    assert (performance.outcome.verdict, performance.outcome.error) == (Verdict.AGAIN, "later")
    assert performance.state == {}
    assert recorded.count(database, "handler_states") == 0


@pytest.mark.parametrize("text", ["odd", "list"])
def test_a_state_that_is_no_json_object_is_a_failure(database: Database, text: str) -> None:
    [performance], _ = rehearse(database, text, records=True)
    assert performance.outcome.verdict is Verdict.AGAIN
    assert "kept as JSON" in performance.outcome.error
    assert recorded.count(database, "handler_states") == 0


@pytest.mark.parametrize(("handler", "wanted"), [(0, False), (1, True)])
def test_what_it_does_not_want_is_not_called_and_a_bad_filter_is_a_failure(
    database: Database, handler: int, wanted: bool
) -> None:
    [performance], rehearsal = rehearse(database, "unwanted", handler=handler)
    assert performance.wanted is wanted
    assert performance.outcome.verdict is (Verdict.AGAIN if wanted else Verdict.DONE)
    assert rehearsal.noted == {}


def test_an_event_of_no_conversation_keeps_nothing(database: Database) -> None:
    recorded.batch(database, b"{")
    everything = Router("all")

    @everything.on(Event)
    def note(event: Event, context: Context) -> None:
        context.state["seen"] = True

    async def go() -> Performance:
        async with Inbox(database, ()) as inbox:
            rehearsal = Rehearsal(
                database=database, writer=inbox.writer, watch=inbox.watch, records=True
            )
            [event] = database.ask(reading.these, [1])
            return await perform(rehearsal, next(iter(everything.handlers())), event)

    assert asyncio.run(go()).outcome.verdict is Verdict.DONE
    assert recorded.count(database, "handler_states") == 0
