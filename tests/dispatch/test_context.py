"""The context of a call: what it sends goes to the right chat, and once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from receiver import Context
from receiver.errors import Unsendable
from tests.dispatch import handmade
from tests.dispatch.handmade import CHAT, Surroundings


@pytest.fixture
def surroundings() -> Surroundings:
    """Return a store that takes whatever it is given."""
    return Surroundings()


def test_a_reply_goes_to_the_chat_of_the_event_from_its_phone(surroundings: Surroundings) -> None:
    handmade.context(handmade.message(), surroundings).reply("hi", maytapi={"reply_to": "x"})
    [(_, message)] = surroundings.queued
    assert (message.phone_id, message.chat_id, message.text) == ("12345", CHAT, "hi")
    assert message.request == {
        "to_number": CHAT, "type": "text", "message": "hi", "reply_to": "x",
    }  # fmt: skip


def test_an_ack_can_be_replied_to_as_well(surroundings: Surroundings) -> None:
    handmade.context(handmade.ack("seen"), surroundings).reply("I see that you see")
    assert surroundings.queued[0][1].chat_id == CHAT


def test_the_same_call_of_another_try_has_the_same_origin(surroundings: Surroundings) -> None:
    for _ in "ab":
        context = handmade.context(handmade.message(7), surroundings)
        context.reply("one")
        context.send("15550100022", "two")
    origins = [origin for origin, _ in surroundings.queued]
    assert origins == ["handler bot.note 7 1", "handler bot.note 7 2"] * 2


@pytest.mark.parametrize(
    ("phone_id", "default", "given", "expected"),
    [
        ("1", "2", "3", "3"),
        ("1", "2", None, "1"),
        (None, "2", None, "2"),
    ],
)
def test_the_phone_is_the_one_named_or_of_the_event_or_the_default(
    surroundings: Surroundings, phone_id: str, default: str, given: str, expected: str
) -> None:
    event = handmade.phone_status("active", phone_id)
    context = handmade.context(event, surroundings, default_phone=default)
    context.send("15550100022", "hi", phone_id=given)
    assert surroundings.queued[0][1].phone_id == expected


def test_what_cannot_be_sent_is_told_at_once(surroundings: Surroundings) -> None:
    status = handmade.context(handmade.phone_status("active", None), surroundings)
    with pytest.raises(Unsendable, match="nobody to reply to"):
        status.reply("hi")
    with pytest.raises(Unsendable, match="RECEIVER_MAYTAPI_PHONE_ID"):
        status.send("15550100022", "hi")
    with pytest.raises(Unsendable, match="needs text"):
        handmade.context(handmade.message(), surroundings).reply()
    assert surroundings.queued == []


def test_a_message_can_be_waited_for_in_a_loop_and_in_a_thread(surroundings: Surroundings) -> None:
    async def scenario(context: Context) -> None:
        assert await context.reply("one") == 1
        assert await asyncio.to_thread(context.reply("two").wait) == 2
        await context.sent()

    asyncio.run(scenario(handmade.context(handmade.message(), surroundings)))


def test_whoever_stops_waiting_takes_nothing_back(surroundings: Surroundings) -> None:
    surroundings.settles = False

    async def scenario(context: Context) -> None:
        waiting = asyncio.ensure_future(_wait(context.reply("hi")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not surroundings.futures[0].cancelled()
        surroundings.futures[0].set_result(1)
        await context.sent()

    asyncio.run(scenario(handmade.context(handmade.message(), surroundings)))


async def _wait(sent: Any) -> int:
    return int(await sent)


def test_what_the_event_is_about_is_looked_up() -> None:
    context = handmade.context(handmade.message())
    assert context.message == {"id": 17}
    assert context.conversation == {"id": 3}
    assert len(context.history(2)) == 2


def test_an_event_about_nothing_has_no_message_and_no_conversation() -> None:
    context = handmade.context(handmade.phone_status("active"))
    assert (context.message, context.conversation, context.history()) == (None, None, [])


def test_its_logger_is_the_handlers_own() -> None:
    assert handmade.context(handmade.message()).logger.name == "receiver.handlers.bot.note"
