"""The bench does with handlers what a receiver does, at once and in the open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from receiver import (
    AckReceived,
    Context,
    Discard,
    F,
    MessageQueued,
    MessageReceived,
    Retry,
    RetryPolicy,
    Router,
)
from receiver.testing import TestBench, ack, message, play
from tests.bodies import CHAT
from tests.store import recorded

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_what_is_sent_and_kept_is_seen() -> None:
    router = Router("shop")

    @router.on(MessageReceived, F.text.contains("price"))
    async def answer(event: MessageReceived, context: Context) -> None:
        context.state["asked"] = context.state.get("asked", 0) + 1
        await context.reply(f"It costs {context.state['asked']}")

    async with TestBench(router) as bench:
        first, second, _ = await bench.receive(message("price?"), message("price!"), message())
        assert [(sent.chat_id, sent.text) for sent in bench.sent] == [
            (CHAT, "It costs 1"), (CHAT, "It costs 2")
        ]  # fmt: skip
        assert bench.state("shop.answer", second) == {"asked": 2}
        assert bench.failures == bench.owed == []
    assert first.id < second.id


async def test_a_plain_def_looks_around_as_in_earnest() -> None:
    router = Router("shop")
    seen: list[object] = []

    @router.on(MessageReceived)
    def look(event: MessageReceived, context: Context) -> None:
        context.reply("hi").wait()
        assert context.message
        assert context.conversation
        seen.append(context.message["text"])
        seen.append(context.conversation["chat_id"])
        seen.append([one["text"] for one in context.history()])

    async with TestBench(router) as bench:
        await bench.receive(message("hello"))
        assert bench.failures == []
    assert seen == ["hello", CHAT, ["hello", "hi"]]


async def test_what_follows_from_what_is_sent_is_handled_too() -> None:
    router = Router("shop")
    queued: list[str | None] = []

    @router.on(MessageReceived)
    async def answer(event: MessageReceived, context: Context) -> None:
        await context.reply("hi")

    @router.on(MessageQueued)
    def note(event: MessageQueued) -> None:
        queued.append(event.text)

    async with TestBench(router) as bench:
        assert len(await bench.receive(message())) == 1
        assert len(bench.events) == 2
    assert queued == ["hi"]


async def test_one_that_failed_holds_up_its_conversation_until_it_is_tried_again() -> None:
    router = Router("shop")
    broken = [True]
    done: list[str | None] = []

    @router.on(MessageReceived)
    async def answer(event: MessageReceived, context: Context) -> None:
        context.reply(f"to {event.text}")
        if event.text == "a1" and broken[0]:
            raise Retry("out of order", delay=30)
        done.append(event.text)

    async with TestBench(router) as bench:
        await bench.receive(message("a1"), message("a2"), message("b1", number="15550100099"))
        assert done == ["b1"]
        assert [event.text for _, event in bench.owed] == ["a1", "a2"]  # type: ignore[attr-defined]
        [failure] = bench.failures
        assert (failure.handler, failure.error) == ("shop.answer", "out of order")
        assert (failure.attempt, failure.dead) == (1, False)
        assert failure.delay == timedelta(seconds=30)

        await bench.retry()
        assert [one.attempt for one in bench.failures] == [1, 2]
        broken[0] = False
        await bench.retry()
        assert done == ["b1", "a1", "a2"]
        assert bench.owed == []
        assert len(bench.sent) == 3


async def test_without_an_order_nothing_is_held_up() -> None:
    router = Router("shop")
    done: list[str | None] = []

    @router.on(MessageReceived, order="none")
    def answer(event: MessageReceived) -> None:
        if event.text == "a1":
            raise ValueError("no")
        done.append(event.text)

    async with TestBench(router) as bench:
        await bench.receive(message("a1"), message("a2"))
        assert done == ["a2"]


async def test_what_is_given_up_is_dead() -> None:
    router = Router("shop")

    @router.on(MessageReceived)
    def give_up(event: MessageReceived) -> None:
        raise Discard("of no use")

    @router.on(MessageReceived, retry=RetryPolicy(attempts=1))
    def try_once(event: MessageReceived) -> None:
        raise ValueError("no")

    async with TestBench(router) as bench:
        await bench.receive(message(), message())
        assert [failure.dead for failure in bench.failures] == [True] * 4
        assert bench.owed == []


async def test_an_event_of_ones_own_is_handled_as_it_is() -> None:
    router = Router("shop")
    seen: list[str] = []

    @router.on(AckReceived, F.ack == "seen")
    def note(event: AckReceived) -> None:
        seen.append(event.ack)

    async with TestBench(router) as bench:
        [event] = await bench.receive(ack("delivered", msg_id="m-1"))
        assert isinstance(event, AckReceived)
        assert await bench.receive(replace(event, ack="seen"))
    assert seen == ["seen"]


async def test_a_payload_may_be_as_it_came_and_a_repeat_is_none() -> None:
    async with TestBench(Router("none")) as bench:
        body = '{"type":"status","phone_id":1,"status":"loading"}'
        assert len(await bench.receive(body)) == 1
        assert await bench.receive(body.encode()) == []


async def test_it_runs_on_a_database_that_is_given(database_url: str) -> None:
    from receiver.store import database as databases

    router = Router("shop")
    router.on(MessageReceived)(lambda event: None)
    async with TestBench(router, database_url=database_url) as bench:
        await bench.receive(message())
    async with TestBench(router, database_url=database_url) as bench:
        await bench.receive(message())
        assert [event.id for event in bench.events] == [2]
    database = databases.connect(database_url)
    assert recorded.count(database, "messages") == 2
    database.engine.dispose()


def test_without_async_it_is_played() -> None:
    router = Router("shop")

    @router.on(MessageReceived)
    async def answer(event: MessageReceived, context: Context) -> None:
        await context.send("15550100099", "news", phone_id=None)

    assert [sent.chat_id for sent in play(router, message(), message()).sent] == [
        "15550100099@c.us"
    ] * 2
