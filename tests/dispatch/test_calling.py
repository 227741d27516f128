"""A call: whatever a handler does, something is said of it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from receiver import Context, Discard, Event, Retry
from receiver.dispatch import calling
from receiver.dispatch.calling import DONE, GIVEN_BACK, Call, Outcome, Verdict
from receiver.store.database import Database
from tests.dispatch import handmade
from tests.dispatch.handmade import Surroundings

SHORT = timedelta(milliseconds=20)


def call(function: Callable[..., Any], **options: Any) -> Call:
    event = handmade.message()
    return Call(handmade.handler(function, **options), event, handmade.context(event))


def outcome(function: Callable[..., Any], **options: Any) -> Outcome:
    return asyncio.run(call(function, **options).outcome())


async def works(event: Event) -> None:
    await asyncio.sleep(0)


def works_in_a_thread(event: Event) -> None:
    assert threading.current_thread() is not threading.main_thread()


class Working:
    async def __call__(self, event: Event) -> None:
        await works(event)


@pytest.mark.parametrize(
    "function",
    [works, works_in_a_thread, Working(), functools.partial(works), lambda event: works(event)],
)
def test_whatever_can_be_called_is_called(function: Callable[..., Any]) -> None:
    assert outcome(function) is DONE


def test_a_plain_function_around_an_async_one_is_waited_for() -> None:
    done = []

    async def note(event: Event) -> None:
        await asyncio.sleep(0)
        done.append(event.id)

    assert outcome(lambda event: note(event)) is DONE
    assert done == [1]


def test_an_event_that_is_not_wanted_any_more_is_done() -> None:
    async def fail(event: Event) -> None:
        raise ValueError

    event = handmade.message()
    handler = handmade.handler(fail)
    unwilling = Call(
        type(handler)(**{**vars(handler), "filters": (lambda event: False,)}),
        event,
        handmade.context(event),
    )
    assert asyncio.run(unwilling.outcome()) is DONE


class Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


class Bare(Retry):
    def __init__(self) -> None:
        pass


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no good"), "ValueError: no good"),
        (ValueError(), "ValueError"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (MemoryError(), "MemoryError"),
        (asyncio.CancelledError(), "cancelled itself"),
        (Silent(), "Silent: says nothing of itself"),
        (ValueError("a\0b\ud800c"), "ValueError: a?b?c"),
        (Retry("busy"), "busy"),
        (Bare(), ""),
        (
            ExceptionGroup("two", [ValueError(), OSError()]),
            "ExceptionGroup: two (2 sub-exceptions)",
        ),
    ],
)
@pytest.mark.parametrize("in_thread", [False, True])
def test_whatever_it_raises_is_a_failed_try(error: Any, said: str, in_thread: bool) -> None:
    def fail(event: Event) -> None:
        raise error

    async def fail_async(event: Event) -> None:
        raise error

    assert outcome(fail if in_thread else fail_async) == Outcome(Verdict.AGAIN, said)


def test_stop_iteration_is_a_failure_too() -> None:
    def fail(event: Event) -> None:
        raise StopIteration("x")

    assert outcome(fail) == Outcome(Verdict.AGAIN, "RuntimeError: StopIteration: x")


def test_a_long_error_is_cut() -> None:
    def fail(event: Event) -> None:
        raise ValueError("x" * 1_000_000)

    assert len(outcome(fail).error) == calling.MAX_ERROR_CHARACTERS


def test_recursion_without_an_end_is_a_failure() -> None:
    async def deeper(event: Event) -> None:
        await deeper(event)

    assert outcome(deeper).error.startswith("RecursionError")


def test_a_handler_that_exits_in_its_own_way_is_a_failure() -> None:
    assert outcome(lambda event: sys.exit("enough")).error == "SystemExit: enough"


def test_discarding_is_the_end() -> None:
    def discard(event: Event) -> None:
        raise Discard("of no use")

    assert outcome(discard) == Outcome(Verdict.DEAD, "discarded: of no use")


@pytest.mark.parametrize("delay", [7, 7.0, timedelta(seconds=7)])
def test_a_retry_may_say_when(delay: Any) -> None:
    def retry(event: Event) -> None:
        raise Retry("busy", delay=delay)

    assert outcome(retry) == Outcome(Verdict.AGAIN, "busy", timedelta(seconds=7))


def test_a_delay_that_is_none_is_a_failure_like_any_other() -> None:
    def retry(event: Event) -> None:
        raise Retry("busy", delay="soon")  # type: ignore[arg-type]

    assert outcome(retry).error.startswith("TypeError")


@pytest.mark.parametrize("waits", [False, True])
def test_cancelling_itself_is_a_failure(waits: bool) -> None:
    async def cancel(event: Event) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        if waits:
            await asyncio.sleep(0)

    assert outcome(cancel) == Outcome(Verdict.AGAIN, "cancelled itself")


def test_what_hangs_is_cut_off_at_its_timeout() -> None:
    ended = []

    async def hang(event: Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(event.id)

    assert outcome(hang, timeout=SHORT) == Outcome(Verdict.AGAIN, "took longer than 0.02 s")
    assert ended == [1]


def test_a_thread_that_hangs_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    go = threading.Event()
    assert outcome(lambda event: go.wait(30), timeout=SHORT).error == "took longer than 0.02 s"
    assert "handler bot.note does not end with event 1" in caplog.text
    go.set()


def test_what_swallows_its_cancellation_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "GRACE", SHORT)

    async def scenario() -> Outcome:
        go = asyncio.Event()

        async def hang(event: Event) -> None:
            while not go.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await go.wait()

        found = await call(hang, timeout=SHORT).outcome()
        go.set()
        return found

    assert asyncio.run(scenario()).error == "took longer than 0.02 s"


def test_what_is_given_back_was_not_tried() -> None:
    async def scenario(*, finishes: bool) -> Outcome:
        began = asyncio.Event()

        async def hang(event: Event) -> None:
            began.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not finishes:
                    raise

        made = call(hang)
        waiting = asyncio.ensure_future(made.outcome())
        await began.wait()
        made.give_back()
        return await waiting

    assert asyncio.run(scenario(finishes=False)) is GIVEN_BACK
    assert asyncio.run(scenario(finishes=True)) is DONE


def test_it_is_done_when_all_that_it_sent_is_stored() -> None:
    surroundings = Surroundings()
    surroundings.settles = False

    async def scenario() -> None:
        replied = asyncio.Event()

        async def reply(event: Event, context: Context) -> None:
            context.reply("hi")
            replied.set()

        event = handmade.message()
        made = Call(handmade.handler(reply), event, handmade.context(event, surroundings))
        waiting = asyncio.ensure_future(made.outcome())
        await replied.wait()
        assert not waiting.done()
        surroundings.futures[0].set_result(1)
        assert await waiting is DONE

    asyncio.run(scenario())


def test_what_could_not_be_stored_is_a_failed_try() -> None:
    surroundings = Surroundings()
    surroundings.settles = False

    def reply(event: Event, context: Context) -> None:
        context.reply("hi")
        surroundings.futures[0].set_exception(OSError("disk"))

    event = handmade.message()
    made = Call(handmade.handler(reply), event, handmade.context(event, surroundings))
    assert asyncio.run(made.outcome()) == Outcome(Verdict.AGAIN, "OSError: disk")


def test_the_log_says_where_it_failed_and_repeats_no_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: Event) -> None:
        raise ValueError(event.text)

    outcome(fail)
    assert "bot.note" in caplog.text
    assert "in fail" in caplog.text
    assert "hello" not in caplog.text


def test_a_text_of_any_error_can_be_kept(database: Database) -> None:
    kept = outcome(lambda event: exit("\0\ud800 ' \\ %s {mark}")).error
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (error TEXT)")
        mark = "?" if database.file else "%s"
        connection.exec_driver_sql(f"INSERT INTO kept VALUES ({mark})", (kept,))
