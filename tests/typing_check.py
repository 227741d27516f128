"""Handlers that mypy takes, and handlers that it refuses where the comment says so.

`test_typing.py` runs mypy over this file; it is not executed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from receiver import (
    AckReceived,
    Context,
    Event,
    F,
    MessageReceived,
    PhoneStatusChanged,
    RetryPolicy,
    Router,
)
from receiver.events import MessageEvent

router = Router("typed")


@router.on(MessageReceived)
async def alone(event: MessageReceived) -> None: ...


@router.on(MessageReceived, F.text.contains("price"), ~F.from_me)
async def with_context(event: MessageReceived, context: Context) -> None:
    sent: int = await context.reply(f"You said {event.text}")
    context.state["sent"] = sent


@router.on(AckReceived, lambda event: event.ack == "seen", order="none", start="beginning")
def plain(event: AckReceived) -> None: ...


@router.on(PhoneStatusChanged, retry=RetryPolicy(attempts=3), timeout=timedelta(seconds=5))
def plain_with_context(event: PhoneStatusChanged, context: Context) -> None:
    context.send("15550100011", event.status).wait()


@router.on(MessageReceived)
async def of_a_wider_class(event: MessageEvent) -> None: ...


@router.on(Event)
async def of_everything(event: Event) -> None: ...


class Counting:
    async def __call__(self, event: Event) -> None: ...


router.on(MessageReceived, name="typed.counting")(Counting())


async def direct() -> None:
    await alone(message())  # a handler stays a function


def message() -> MessageReceived: ...  # type: ignore[empty-body]


@router.on(AckReceived)  # refused
async def of_another_class(event: MessageReceived) -> None: ...


@router.on(Event)  # refused
async def of_a_narrower_class(event: MessageReceived) -> None: ...


@router.on(MessageReceived)
async def without_annotation(event): ...  # refused


@router.on(MessageReceived)  # refused
async def with_another_context(event: MessageReceived, context: dict[str, Any]) -> None: ...


@router.on(MessageReceived)  # refused
async def with_too_much(event: MessageReceived, context: Context, more: int) -> None: ...


@router.on(MessageReceived)  # refused
def that_returns(event: MessageReceived) -> int: ...  # type: ignore[empty-body]


@router.on("message.received")  # refused
async def by_name(event: MessageReceived) -> None: ...


@router.on(MessageReceived, order="random")  # refused
async def without_an_order(event: MessageReceived) -> None: ...


@router.on(MessageReceived, timeout="30")  # refused
async def with_bare_seconds(event: MessageReceived) -> None: ...


@router.on(MessageReceived, "price")  # refused
async def with_a_text_for_a_filter(event: MessageReceived) -> None: ...


@router.on(MessageReceived)
async def with_a_typing_error(event: MessageReceived) -> None:
    _ = event.txt  # refused
