"""Router: every mistake is told when the module is imported, not when the first message comes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from receiver import AckReceived, Context, Event, F, MessageReceived, RetryPolicy, Router
from receiver.errors import BadHandler
from tests.dispatch import handmade


async def note(event: Event) -> None:
    """Do nothing."""


def test_handlers_are_in_the_order_of_their_registration_with_those_of_included_routers() -> None:
    outer, inner = Router("outer"), Router("inner")
    outer.on(Event, name="outer.first")(note)
    outer.include(inner)
    outer.on(Event)(note)
    inner.on(Event)(note)
    assert [handler.name for handler in outer.handlers()] == [
        "outer.first", "inner.note", "outer.note",
    ]  # fmt: skip


def test_the_function_stays_as_it_is() -> None:
    assert Router("bot").on(Event)(note) is note


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (handmade.message(text="a price"), True),
        (handmade.message(text="nothing"), False),
        (handmade.message(text=None), False),
        (handmade.ack("seen"), False),
    ],
)
def test_a_handler_wants_events_of_its_class_that_pass_all_filters(
    event: Event, wanted: bool
) -> None:
    router = Router("bot")
    router.on(MessageReceived, F.text.contains("price"), ~F.from_me)(note)  # type: ignore[arg-type]
    [handler] = router.handlers()
    assert handler.wants(event) is wanted


def test_a_function_may_take_the_context_or_leave_it() -> None:
    def alone(event: Event) -> None: ...
    def both(event: Event, context: Context) -> None: ...
    def more(event: Event, context: Context, extra: int = 3, *rest: int, **named: int) -> None: ...

    taking = [handmade.handler(function).takes_context for function in (alone, both, more)]
    assert taking == [False, True, True]


async def waiting(event: Event) -> None:
    """Wait for nothing."""
    await asyncio.sleep(0)


class Callable:
    async def __call__(self, event: Event) -> None: ...


def test_async_functions_are_known_as_such() -> None:
    assert handmade.handler(waiting).is_async
    assert handmade.handler(Callable()).is_async
    assert not handmade.handler(lambda event: None).is_async


def no_parameter() -> None: ...
def three(event: Event, context: Context, more: int) -> None: ...
def named(event: Event, *, word: str) -> None: ...
def yields(event: Event) -> Iterator[int]:
    yield 1


async def yields_async(event: Event) -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (no_parameter, "must take"),
        (three, "must take"),
        (named, "must take"),
        (yields, "yield"),
        (yields_async, "yield"),
        (7, "no function"),
    ],
)
def test_what_could_never_be_called_is_refused(function: Any, reason: str) -> None:
    with pytest.raises(BadHandler, match=reason):
        handmade.handler(function)


async def holds_later(_: Event) -> bool:
    return False


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("message.received",), {}, "class of events"),
        ((int,), {}, "class of events"),
        ((MessageReceived, "price"), {}, "a filter is a function"),
        ((MessageReceived, F.txt == "x"), {}, "MessageReceived has no 'txt'"),
        ((AckReceived, F.from_me & (F.text == "x")), {}, "AckReceived has no 'text'"),
        ((MessageReceived, holds_later), {}, "nobody waits for its answer"),
        ((MessageReceived,), {"timeout": "30"}, "a timedelta or a number of seconds, not '30'"),
        ((MessageReceived,), {"timeout": 0}, "number of seconds, not 0"),
        ((MessageReceived,), {"timeout": math.inf}, "number of seconds, not inf"),
        ((MessageReceived,), {"retry": 3}, "retry= is a RetryPolicy, not 3"),
        (
            (MessageReceived,),
            {"order": "random"},
            "does not know 'random': use one of conversation, none",
        ),
        (
            (MessageReceived,),
            {"start": "yesterday"},
            "does not know 'yesterday': use one of now, beginning",
        ),
        ((MessageReceived,), {"name": "@reader"}, "can't be a name"),
        ((MessageReceived,), {"name": "a/b"}, "can't be a name"),
    ],
)
def test_what_cannot_be_right_is_refused(arguments: Any, options: Any, reason: str) -> None:
    with pytest.raises(BadHandler, match=reason):
        Router("bot").on(*arguments, **options)(note)


def test_a_filter_may_look_at_what_only_some_events_have() -> None:
    Router("bot").on(Event, F.text == "x")(note)


@pytest.mark.parametrize("name", ["", "@x", "a b", "a/b", "a\n"])
def test_a_name_that_could_not_be_used_is_refused(name: str) -> None:
    with pytest.raises(BadHandler):
        Router(name)


def test_two_of_a_name_are_refused() -> None:
    router, other = Router("bot"), Router("bot")
    router.on(Event)(note)
    router.include(other)
    with pytest.raises(BadHandler, match=r"two handlers are named 'bot\.note'"):
        router.on(Event)(note)


def test_routers_do_not_go_round_in_circles() -> None:
    one, two = Router("one"), Router("two")
    one.include(two)
    for other in (one, two):
        with pytest.raises(BadHandler, match="can't include itself"):
            other.include(one)


def test_only_routers_can_be_included() -> None:
    with pytest.raises(BadHandler, match="wants a Router, not 5"):
        Router("one").include(5)  # type: ignore[arg-type]


def test_a_time_limit_may_be_a_number_of_seconds() -> None:
    router = Router("bot")
    router.on(Event, timeout=1.5)(note)
    [handler] = router.handlers()
    assert handler.timeout == timedelta(seconds=1.5)


def test_what_is_not_said_is_a_minute_twelve_tries_and_in_order() -> None:
    handler = handmade.handler(note)
    assert (handler.timeout, handler.retry) == (timedelta(minutes=1), RetryPolicy(attempts=12))
    assert handler.is_ordered
