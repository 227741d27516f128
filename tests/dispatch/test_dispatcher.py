"""The dispatcher: all handlers go on, whatever one of them does to the loop that they share."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event

from receiver import Event, MessageReceived, RetryPolicy, Router
from receiver.dispatch import calling, dispatcher, shift
from receiver.store.database import Database
from tests import bodies
from tests.dispatch.stage import AT_ONCE, Stage
from tests.store import recorded
from tests.waiting import until

SHORT = timedelta(milliseconds=20)


@pytest.fixture
def stage(on_sqlite: Database, hurried: None) -> Iterator[Stage]:
    """Return a stage on one database: which of them makes no difference here."""
    with Stage(on_sqlite) as stage:
        yield stage


def sound(done: list[int]) -> Router:
    """Return a router whose handler, `sound.note`, notes every event that it is called with."""
    router = Router("sound")

    @router.on(Event)
    async def note(event: Event) -> None:
        done.append(event.id)

    return router


async def leave() -> None:
    sys.exit(3)


async def interrupt() -> None:
    raise KeyboardInterrupt


async def cancel_all() -> None:
    for task in asyncio.all_tasks():
        task.cancel()


async def stop_the_loop() -> None:
    asyncio.get_running_loop().stop()


@pytest.mark.parametrize("end", [leave, interrupt, cancel_all, stop_the_loop])
def test_a_handler_that_ends_the_loop_is_dead_in_the_end_and_the_others_go_on(
    stage: Stage, end: object, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []
    tries: list[int] = []
    router = Router("bad")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def ends(event: MessageReceived) -> None:
        tries.append(event.id)
        task = asyncio.create_task(end())  # type: ignore[operator]
        await asyncio.Event().wait()
        await task

    stage.run(router, sound(done))
    stage.say("one")
    stage.settled("bad.ends", "sound.note")
    stage.say("two", chat="2")
    stage.settled("bad.ends", "sound.note")
    assert set(done) == {1, 2}
    assert sorted(tries) == [1] * 3 + [2] * 3
    assert stage.retries() == [(1, "dead", 3), (2, "dead", 3)]
    assert "the loop of the handlers was ended" in caplog.text


def test_it_stops_although_a_handler_swallows_its_cancellation(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "STOP_WITHIN", SHORT)
    monkeypatch.setattr(calling, "GRACE", SHORT)
    monkeypatch.setattr(dispatcher, "CLOSE_WITHIN", SHORT)
    go, started = threading.Event(), threading.Event()
    router = Router("bad")

    @router.on(MessageReceived)
    async def swallow(event: MessageReceived) -> None:
        started.set()
        while not go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    stage.run(router)
    stage.say("one")
    assert started.wait(30)
    inbox = stage.inbox
    assert inbox
    loop = inbox._dispatcher._loop
    stage.stop()
    assert inbox._dispatcher._ended.is_set()
    inbox._dispatcher._thread.join(30)
    go.set()
    loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
    loop.close()
    assert stage.position("bad.swallow") == 0


def test_a_loop_that_is_blocked_is_named_and_left_behind(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatcher, "BLOCKED_AFTER", SHORT)
    monkeypatch.setattr(dispatcher, "STOP_WITHIN", timedelta(seconds=1))
    go = threading.Event()
    router = Router("bad")

    @router.on(MessageReceived)
    async def block(event: MessageReceived) -> None:
        go.wait(30)

    stage.run(router)
    stage.say("one")
    until(lambda: "a handler blocks all others" in caplog.text)
    assert "go.wait(30)" in caplog.text
    inbox = stage.inbox
    assert inbox
    stage.stop()
    assert "do not end" in caplog.text
    go.set()
    inbox._dispatcher._thread.join(30)
    assert not inbox._dispatcher._thread.is_alive()


def test_without_handlers_it_does_nothing(stage: Stage) -> None:
    stage.run()
    assert "handlers" not in {thread.name for thread in threading.enumerate()}


def test_what_comes_as_soon_as_it_has_started_is_for_new_handlers(stage: Stage) -> None:
    done: list[int] = []
    stage.say("before")
    stage.run(sound(done))
    stage.say("after")
    stage.settled("sound.note")
    assert done == [2]


def test_while_handlers_work_threads_take_turns_more_often(stage: Stage) -> None:
    """A handler that computes would hold up every step of an answer for as long as a turn."""
    before = sys.getswitchinterval()
    stage.run(sound([]))
    assert sys.getswitchinterval() <= before / 5
    stage.stop()
    assert sys.getswitchinterval() == before


def test_a_fault_of_ours_costs_a_pause(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([ZeroDivisionError("ours")])
    finish = shift.Ledger.finish

    def fail_once(*arguments: object, **options: object) -> bool:
        for fault in faults:
            raise fault
        return finish(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(shift.Ledger, "finish", fail_once)
    done: list[int] = []
    stage.run(sound(done))
    stage.say("one")
    stage.settled("sound.note")
    assert done == [1, 1]
    assert "begins again" in caplog.text


def test_a_database_that_is_away_is_told_in_a_sentence(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    is_away = threading.Event()

    @event.listens_for(stage.database.engine, "checkout")
    def cut(*_: object) -> None:
        if is_away.is_set():
            raise stage.database.engine.dialect.loaded_dbapi.OperationalError("cut")

    done: list[int] = []
    stage.run(sound(done))
    assert stage.inbox
    recorded.each(stage.database, bodies.message())
    is_away.set()
    stage.inbox.watch.announce(1)
    told = until(lambda: [one for one in caplog.records if "begins again" in one.getMessage()])
    is_away.clear()
    assert "(cut)" in told[0].getMessage()
    assert not any(one.exc_info for one in told)
    stage.settled("sound.note")
    assert done == [1]


def test_handlers_are_given_their_events_by_one_reading(stage: Stage) -> None:
    """Ten handlers that keep up cost the database about as much as one."""
    calls: list[tuple[str, int]] = []
    router = Router("bot")
    for name in "abcdefghij":

        @router.on(Event, name=f"bot.{name}", retry=RetryPolicy(attempts=1))
        async def note(event: Event, name: str = name) -> None:
            calls.append((name, event.id))

    stage.run(router)
    stage.say("one", "two")
    stage.settled(*(f"bot.{name}" for name in "abcdefghij"))
    assert sorted(calls) == [(name, seq) for name in "abcdefghij" for seq in (1, 2)]
