"""A shift: in order, at least once, never in limbo, and nobody's way."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from receiver import Context, Discard, Event, F, MessageReceived, Retry, RetryPolicy, Router
from receiver.dispatch import calling, shift
from receiver.dispatch.ledger import ENDED
from receiver.maytapi.person import Person
from receiver.store import erasing, positions, retries
from receiver.store.changing import Change
from receiver.store.rows import Transaction
from tests import bodies
from tests.dispatch.stage import AT_ONCE, Stage
from tests.waiting import until

NEVER = timedelta(hours=1)


class Log:
    """What a handler was called with, in order."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, event: Event) -> None:
        assert isinstance(event, MessageReceived)
        self.texts.append(event.text or "")


def logging(log: Log, **options: Any) -> Router:
    """Return a router whose only handler, `bot.note`, writes down what it gets."""
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE, **options)
    async def note(event: MessageReceived) -> None:
        log(event)

    return router


def test_a_handler_sees_what_comes_after_it_was_added(stage: Stage) -> None:
    log = Log()
    stage.say("before")
    stage.run(logging(log))
    stage.say("one", "two")
    stage.settled("bot.note")
    assert log.texts == ["one", "two"]


def test_a_handler_may_start_at_the_beginning(stage: Stage) -> None:
    log = Log()
    stage.say("before")
    stage.run(logging(log, start="beginning"))
    stage.say("after")
    stage.settled("bot.note")
    assert log.texts == ["before", "after"]


def test_the_position_is_kept_and_what_came_meanwhile_is_handled(stage: Stage) -> None:
    log = Log()
    stage.run(logging(log))
    stage.say("one")
    stage.settled("bot.note")
    stage.stop()
    assert stage.ask("SELECT released FROM positions")[0]["released"]
    stage.say("two")
    stage.run(logging(log))
    stage.settled("bot.note")
    assert log.texts == ["one", "two"]


def test_many_events_are_handled_once_each_and_in_order(stage: Stage) -> None:
    log = Log()
    texts = [f"{number:04}" for number in range(40)]
    for text in texts:
        stage.say(text, chat=text[-1])
    stage.run(logging(log, start="beginning"))
    stage.settled("bot.note")
    assert sorted(log.texts) == texts
    for chat in "0123456789":
        of_chat = [text for text in log.texts if text[-1] == chat]
        assert of_chat == sorted(of_chat)


def test_events_that_the_filters_do_not_want_are_passed_over(stage: Stage) -> None:
    log = Log()
    router = Router("bot")
    router.on(MessageReceived, F.text.startswith("yes"), name="bot.note")(log)
    stage.run(router)
    stage.say("no", "yes", "no")
    stage.settled("bot.note")
    assert log.texts == ["yes"]


def test_what_fails_is_tried_again_and_later_messages_of_its_chat_wait(stage: Stage) -> None:
    seen: list[tuple[str, int]] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        seen.append((event.text or "", context.attempt))
        if event.text == "bad" and context.attempt < 3:
            raise ValueError

    stage.run(router)
    stage.say("bad", "behind", chat="1")
    stage.say("elsewhere", chat="2")
    stage.say("last", chat="1")
    stage.settled("bot.note")
    of_chat = [call for call in seen if call[0] != "elsewhere"]
    assert of_chat == [("bad", 1), ("bad", 2), ("bad", 3), ("behind", 1), ("last", 1)]
    assert ("elsewhere", 1) in seen
    assert stage.retries() == []


def test_a_failing_head_holds_up_its_own_conversation_only(stage: Stage) -> None:
    log = Log()
    router = Router("bot")

    @router.on(MessageReceived, retry=RetryPolicy(first=NEVER))
    async def note(event: MessageReceived) -> None:
        if event.text == "bad":
            raise Retry("later", delay=NEVER)
        log(event)

    stage.run(router)
    stage.say("bad", "behind", chat="1")
    stage.say("elsewhere", chat="2")
    stage.reaches("bot.note", 3)
    assert log.texts == ["elsewhere"]
    assert stage.retries("seq, state, attempts, error") == [
        (1, "waiting", 1, "later"), (2, "parked", 0, None),
    ]  # fmt: skip


def test_without_order_nothing_waits(stage: Stage) -> None:
    log = Log()
    router = Router("bot")

    @router.on(MessageReceived, order="none")
    async def note(event: MessageReceived) -> None:
        if event.text == "bad":
            raise Retry("later", delay=NEVER)
        log(event)

    stage.run(router)
    stage.say("bad", "behind")
    stage.reaches("bot.note", 2)
    assert log.texts == ["behind"]
    assert stage.retries() == [(1, "waiting", 1)]


def test_retries_are_made_when_they_are_due_without_waiting_for_the_next_look(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: defaultdict[str, list[int]] = defaultdict(list)
    router = Router("bot")

    @router.on(MessageReceived)
    async def note(event: MessageReceived, context: Context) -> None:
        attempts[event.text or ""].append(context.attempt)
        if event.text != "done" and context.attempt < 3:
            raise Retry("soon", delay=0.05 * int(event.text or ""))

    monkeypatch.setattr(shift, "LOOK_EVERY", NEVER)
    stage.run(router)
    for chat in "123":
        stage.say(chat, "done", chat=chat)
    stage.settled("bot.note")
    assert attempts == {"1": [1, 2, 3], "2": [1, 2, 3], "3": [1, 2, 3], "done": [1, 1, 1]}


def test_a_retry_that_is_due_is_made_as_soon_as_the_position_has_reached_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    router = Router("bot")

    @router.on(MessageReceived)
    def note(event: MessageReceived, context: Context) -> None:
        if event.text == "slow":
            go.wait(30)
        elif context.attempt == 1:
            raise Retry("at once", delay=0)

    monkeypatch.setattr(shift, "LOOK_EVERY", NEVER)
    stage.run(router)
    stage.say("slow", chat="1")
    stage.say("fails once", chat="2")
    until(lambda: stage.retries() == [(2, "waiting", 1)])
    go.set()
    stage.settled("bot.note")
    assert stage.retries() == []


def test_after_its_last_try_an_event_is_dead_and_the_next_is_handled(stage: Stage) -> None:
    calls: list[str] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived) -> None:
        calls.append(event.text or "")
        if event.text == "bad":
            raise ValueError("no good")

    stage.run(router)
    stage.say("bad", "next")
    stage.settled("bot.note")
    assert calls == ["bad"] * 3 + ["next"]
    assert stage.retries("seq, state, attempts, error") == [(1, "dead", 3, "ValueError: no good")]


def test_what_a_handler_discards_is_dead_at_once(stage: Stage) -> None:
    calls: list[str] = []
    router = Router("bot")

    @router.on(MessageReceived)
    async def note(event: MessageReceived) -> None:
        calls.append(event.text or "")
        if event.text == "bad":
            raise Discard("of no use")

    stage.run(router)
    stage.say("bad", "next")
    stage.settled("bot.note")
    assert calls == ["bad", "next"]
    assert stage.retries("state, attempts, error") == [("dead", 1, "discarded: of no use")]


def test_a_filter_that_fails_is_a_failure_like_any_other(stage: Stage) -> None:
    log = Log()
    router = Router("bot")
    once = RetryPolicy(attempts=1)
    router.on(MessageReceived, F.text > 5, name="bot.bad", retry=once)(log)  # type: ignore[operator]
    router.on(MessageReceived, lambda event: exit(), name="bot.worse", retry=once)(log)
    stage.run(router)
    stage.say("one")
    stage.settled("bot.bad", "bot.worse")
    assert [state for (state,) in stage.retries("state")] == ["dead", "dead"]
    assert log.texts == []


def test_conversations_run_side_by_side_up_to_the_limit(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "AT_ONCE", 3)
    running, most = set(), []
    go = threading.Event()
    router = Router("bot")

    @router.on(MessageReceived)
    def note(event: MessageReceived) -> None:
        running.add(event.chat_id)
        most.append(len(running))
        go.wait(30)
        running.discard(event.chat_id)

    stage.run(router)
    for chat in "123456":
        stage.say("one", "two", chat=chat)
    until(lambda: len(running) == 3)
    go.set()
    stage.settled("bot.note")
    assert max(most) == 3
    assert len(most) == 12


def test_a_stop_counts_no_try_and_gives_back_what_runs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "STOP_WITHIN", timedelta(milliseconds=20))
    attempts: list[tuple[str, int]] = []
    hangs = threading.Event()
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        attempts.append((event.text or "", context.attempt))
        if event.text == "fails once" and context.attempt == 1:
            raise ValueError
        if not hangs.is_set():
            await asyncio.Event().wait()

    stage.run(router)
    stage.say("fails once", "behind", chat="1")
    stage.say("fresh", "behind", chat="2")
    until(lambda: ("fails once", 2) in attempts)
    stage.stop()
    assert stage.ask("SELECT released FROM positions")[0]["released"]
    assert stage.retries()[:2] == [(1, "waiting", 1), (2, "parked", 0)]
    assert {row[1:] for row in stage.retries()[2:]} <= {("waiting", 0), ("parked", 0)}

    del attempts[:]
    hangs.set()
    stage.run(router)
    stage.settled("bot.note")
    assert sorted(attempts) == [("behind", 1), ("behind", 1), ("fails once", 2), ("fresh", 1)]


def test_a_stop_waits_for_calls_that_end_soon(stage: Stage) -> None:
    started, go = threading.Event(), threading.Event()
    done: list[int] = []
    router = Router("bot")

    @router.on(MessageReceived)
    def note(event: MessageReceived) -> None:
        started.set()
        go.wait(30)
        done.append(event.id)

    stage.run(router)
    stage.say("one")
    assert started.wait(30)
    threading.Timer(0.1, go.set).start()
    stage.stop()
    assert done == [1]
    assert stage.position("bot.note") == 1


def test_of_threads_that_hang_there_are_no_more_than_a_limit(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(calling, "MAX_THREADS", 3)
    monkeypatch.setattr(calling, "LOOK_EVERY", timedelta(milliseconds=20))
    log = Log()
    begun: list[threading.Event] = []
    router = Router("bot")

    @router.on(MessageReceived, timeout=timedelta(milliseconds=20), retry=RetryPolicy(attempts=1))
    def hang(event: MessageReceived) -> None:
        begun.append(threading.Event())
        begun[-1].wait(30)

    router.on(MessageReceived, name="bot.note")(log)
    stage.run(router)
    for number in range(3):
        stage.say("one", chat=str(number))
        stage.settled("bot.hang")
    stage.say("four", chat="4")
    stage.say("five", chat="5")
    stage.settled("bot.note")
    until(lambda: "bot.hang gets nothing more: 3 of its threads hang" in caplog.text)
    assert (len(begun), len(log.texts), stage.position("bot.hang")) == (3, 5, 3)
    begun[0].set()
    until(lambda: len(begun) > 3)
    stage.stop()
    assert stage.retries("state") == [("dead",)] * len(begun)
    for event in begun:
        event.set()


def test_what_runs_for_long_does_not_hold_the_others_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where more comes than is kept in memory; and its tries are still counted."""
    monkeypatch.setattr(shift, "MAX_AHEAD", 5)
    go = threading.Event()
    done: list[str] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    def note(event: MessageReceived, context: Context) -> None:
        if event.text == "slow":
            go.wait(30)
            if context.attempt == 1:
                raise ValueError
        done.append(event.text or "")

    stage.run(router)
    stage.say("slow", "behind", chat="1")
    stage.say(*(str(number) for number in range(20)), chat="2")
    until(lambda: len(done) == 20)
    stage.reaches("bot.note", 22)
    assert stage.retries() == [(1, "running", 1), (2, "parked", 0)]
    go.set()
    stage.settled("bot.note")
    assert done[-2:] == ["slow", "behind"]


def test_who_is_merely_busy_owes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "MAX_AHEAD", 5)
    monkeypatch.setattr(shift, "LOOK_EVERY", timedelta(milliseconds=100))
    owed: list[tuple[object, ...]] = []
    router = Router("bot")

    @router.on(MessageReceived, start="beginning")
    def note(event: MessageReceived) -> None:
        owed.extend(stage.retries())

    stage.say(*map(str, range(200)))
    stage.run(router)
    stage.reaches("bot.note", 200)
    assert owed == []


def test_what_was_under_way_at_an_unclean_end_is_tried_side_by_side(stage: Stage) -> None:
    running: set[int] = set()
    all_run = asyncio.Event()
    router = Router("bot")

    @router.on(MessageReceived)
    async def note(event: MessageReceived) -> None:
        running.add(event.conversation_id)
        if len(running) == 4:
            all_run.set()
        await all_run.wait()

    for chat in "1234":
        stage.say("one", "two", chat=chat)
    left_behind(stage, "bot.note")
    stage.run(router)
    stage.settled("bot.note")
    assert stage.retries() == []


def test_what_was_under_way_at_two_unclean_ends_is_tried_alone(stage: Stage) -> None:
    running: set[int] = set()
    together: list[int] = []
    router = Router("bot")

    @router.on(MessageReceived)
    async def note(event: MessageReceived) -> None:
        running.add(event.id)
        together.append(len(running))
        await asyncio.sleep(0)
        running.discard(event.id)

    for chat in "1234":
        stage.say("one", "two", chat=chat)
    left_behind(stage, "bot.note", position=8)
    owe(stage, "running", where="true", attempts=2)
    stage.run(router)
    stage.settled("bot.note")
    assert together == [1] * 8


@pytest.mark.parametrize(("attempts", "calls"), [(1, 1), (2, 1), (3, 2)])
def test_what_may_have_ended_the_process_counts_as_tried(
    stage: Stage, attempts: int, calls: int
) -> None:
    seen: list[int] = []
    router = Router("bot")
    policy = RetryPolicy(attempts=attempts, first=timedelta(0))

    @router.on(MessageReceived, retry=policy)
    async def note(event: MessageReceived, context: Context) -> None:
        seen.append(context.attempt)
        raise ValueError

    stage.say("one")
    left_behind(stage, "bot.note")
    stage.run(router)
    stage.settled("bot.note")
    assert len(seen) == calls
    assert stage.retries("state, attempts") == [("dead", attempts)]


def test_what_a_handler_that_tries_once_had_under_way_is_not_lost(stage: Stage) -> None:
    """Some of it may only have waited to be called; and of the rest who knows what came of it."""
    log = Log()
    router = Router("bot")
    router.on(MessageReceived, name="bot.note", retry=RetryPolicy(attempts=1))(log)
    for chat in "123":
        stage.say(chat, chat=chat)
    left_behind(stage, "bot.note", position=3)
    owe(stage, "running", where="true", attempts=1)
    stage.run(router)
    stage.settled("bot.note")
    assert sorted(log.texts) == ["1", "2", "3"]
    assert stage.retries() == []


def test_a_try_that_was_broken_off_is_counted_and_the_last_one_is_the_end(stage: Stage) -> None:
    log = Log()
    stage.say("one", "two", chat="1")
    stage.say("three", chat="2")
    left_behind(stage, "bot.note", position=3)
    owe(stage, "running", where="seq = 1", attempts=3)
    owe(stage, "parked", where="seq = 2")
    owe(stage, "running", where="seq = 3", attempts=2)
    stage.run(logging(log))
    stage.settled("bot.note")
    assert sorted(log.texts) == ["three", "two"]
    assert stage.retries("seq, state, error") == [
        (1, "dead", "the process ended, maybe because of it")
    ]


def test_the_last_try_of_a_suspect_has_the_process_to_itself(stage: Stage) -> None:
    running: set[int] = set()
    beside: list[set[int]] = []
    suspects, others = Router("bot"), Router("other")

    @suspects.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived) -> None:
        beside.append(set(running))
        await asyncio.sleep(0.05)
        beside.append(set(running))

    @others.on(MessageReceived, start="beginning")
    async def work(event: MessageReceived) -> None:
        running.add(event.id)
        await asyncio.sleep(0.01)
        running.discard(event.id)

    for chat in "123456789":
        stage.say("one", "two", "three", chat=chat)
    left_behind(stage, "bot.note", position=27, released="true")
    owe(stage, "waiting", where="seq = 1", attempts=2)
    stage.change(f"UPDATE retries SET error = '{ENDED}'")
    stage.run(others, suspects)
    stage.settled("bot.note", "other.work")
    assert beside == [set(), set()]


def test_an_event_that_is_dead_is_not_tried_again_after_a_restart(stage: Stage) -> None:
    """The position may be before it, for an earlier one was under way."""
    log = Log()
    stage.say("one", chat="1")
    stage.say("two", chat="2")
    for released in ("true", "false"):
        left_behind(stage, "bot.note", released=released)
        stage.change("DELETE FROM retries")
        owe(stage, "dead", where="seq = 2", attempts=3)
        stage.run(logging(log))
        stage.settled("bot.note")
    assert log.texts == ["one", "one"]
    assert stage.retries() == [(2, "dead", 3)]


def test_what_was_erased_is_owed_no_longer(stage: Stage) -> None:
    log = Log()
    stage.say("one", "two", "three")
    left_behind(stage, "bot.note", position=3)
    owe(stage, "running", where="seq = 1", attempts=1)
    owe(stage, "parked", where="seq = 2")
    owe(stage, "parked", where="seq = 3")
    stage.change("DELETE FROM events WHERE seq IN (1, 2)")
    stage.run(logging(log))
    stage.settled("bot.note")
    assert log.texts == ["three"]
    assert stage.retries() == []


def test_erased_events_do_not_stop_the_reading(stage: Stage) -> None:
    log = Log()
    stage.run(logging(log))
    stage.say("one")
    stage.settled("bot.note")
    assert stage.inbox
    stage.change("UPDATE heads SET seq = 5")
    stage.inbox.watch.announce(5)
    stage.reaches("bot.note", 5)
    stage.say("two")
    stage.settled("bot.note")
    assert log.texts == ["one", "two"]


def test_a_dead_event_that_an_operator_revives_is_tried(stage: Stage) -> None:
    log = Log()
    stage.say("one")
    stage.run(logging(log))
    stage.reaches("bot.note", 1)
    owe(stage, "dead", where="seq = 1", attempts=3)
    stage.change("UPDATE retries SET state = 'waiting', attempts = 0, due_at = 0")
    stage.settled("bot.note")
    assert log.texts == ["one"]


def test_when_an_operator_removes_the_head_those_behind_it_are_handled(stage: Stage) -> None:
    log = Log()
    router = Router("bot")

    @router.on(MessageReceived)
    async def note(event: MessageReceived) -> None:
        log(event)
        if event.text == "bad":
            raise Retry("later", delay=NEVER)

    stage.run(router)
    stage.say("bad", "behind", "last")
    until(lambda: len(stage.retries()) == 3)
    stage.change("DELETE FROM retries WHERE seq = 1")
    stage.settled("bot.note")
    stage.say("fresh")
    stage.settled("bot.note")
    assert log.texts == ["bad", "behind", "last", "fresh"]


def test_rows_of_a_replay_are_handled_in_order(stage: Stage) -> None:
    log = Log()
    stage.say("one", "two", "three")
    stage.run(logging(log))
    stage.reaches("bot.note", 3)
    stage.change(
        "INSERT INTO retries SELECT 'bot.note', seq, conversation_id, "
        "CASE WHEN seq = 1 THEN 'waiting' ELSE 'parked' END, 0, 0, NULL FROM events"
    )
    stage.settled("bot.note")
    assert log.texts == ["one", "two", "three"]


def test_a_long_line_of_parked_events_is_handled_in_few_steps(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, begun = Log(), []
    begin = retries.begin

    def count(transaction: Transaction, handler: str, numbers: Sequence[int]) -> None:
        begun.append(len(numbers))
        begin(transaction, handler, numbers)

    monkeypatch.setattr(retries, "begin", count)
    texts = [f"{number:03}" for number in range(300)]
    stage.receive(*(bodies.message(f"3EB1{text}", text=text) for text in texts))
    left_behind(stage, "bot.note", position=300, released="true")
    owe(stage, "waiting", where="seq = 1")
    owe(stage, "parked", where="seq > 1")
    stage.run(logging(log))
    stage.settled("bot.note")
    assert log.texts == texts
    assert len(begun) < 20
    assert max(begun) <= shift.RETRIES_AT_ONCE


def test_what_was_taken_up_behind_one_that_fails_waits_for_it(stage: Stage) -> None:
    calls: list[tuple[str, int]] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        calls.append((event.text or "", context.attempt))
        if event.text == "bad" and context.attempt < 3:
            raise ValueError

    texts = ["a", "b", "c", "d", "bad", "e", "f", "g", "h"]
    stage.say(*texts)
    left_behind(stage, "bot.note", position=len(texts), released="true")
    owe(stage, "waiting", where="seq = 1")
    owe(stage, "parked", where="seq > 1")
    stage.run(router)
    stage.settled("bot.note")
    tries = [("bad", 2), ("bad", 3), ("e", 1), ("f", 1), ("g", 1), ("h", 1)]
    assert calls == [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("bad", 1), *tries]


def test_what_was_taken_up_behind_one_that_is_given_back_goes_back_into_line(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "STOP_WITHIN", timedelta(milliseconds=20))
    calls: list[tuple[str, int]] = []
    hanging, hangs = threading.Event(), threading.Event()
    hangs.set()
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        calls.append((event.text or "", context.attempt))
        if event.text == "three" and hangs.is_set():
            hanging.set()
            await asyncio.Event().wait()

    texts = ["one", "two", "three", "four", "five", "six"]
    stage.say(*texts)
    left_behind(stage, "bot.note", position=len(texts), released="true")
    owe(stage, "waiting", where="seq = 1")
    owe(stage, "parked", where="seq > 1")
    stage.run(router)
    assert hanging.wait(10)
    stage.stop()
    assert [row[1:] for row in stage.retries()] == [("waiting", 0)] + [("parked", 0)] * 3
    hangs.clear()
    stage.run(router)
    stage.settled("bot.note")
    assert calls == [(text, 1) for text in [*texts[:3], *texts[2:]]]


def test_what_was_taken_up_behind_the_one_that_ended_the_process_keeps_its_place(
    stage: Stage,
) -> None:
    calls: list[tuple[str, int]] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=RetryPolicy(attempts=3, first=timedelta(milliseconds=50)))
    async def note(event: MessageReceived, context: Context) -> None:
        calls.append((event.text or "", context.attempt))

    stage.say("one", "two", "three", "four")
    left_behind(stage, "bot.note", position=4)
    owe(stage, "running", where="seq < 4", attempts=1)
    owe(stage, "parked", where="seq = 4")
    stage.run(router)
    stage.settled("bot.note")
    assert calls == [("one", 2), ("two", 2), ("three", 2), ("four", 1)]


def test_rows_that_all_wait_are_not_overtaken_when_the_first_fails(stage: Stage) -> None:
    calls: list[tuple[str, int]] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        calls.append((event.text or "", context.attempt))
        if context.attempt == 1:
            raise ValueError

    stage.say("one", "two")
    stage.run(router)
    stage.reaches("bot.note", 2)
    stage.change(
        "INSERT INTO retries SELECT 'bot.note', seq, conversation_id, 'waiting', 0, 0, NULL "
        "FROM events"
    )
    stage.settled("bot.note")
    assert calls == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]


def test_a_paused_handler_rests_until_it_is_to_go_on(stage: Stage, looks: list[bool]) -> None:
    log = Log()
    stage.run(logging(log))
    stage.say("one")
    stage.settled("bot.note")
    stage.change("UPDATE positions SET paused = true")
    until(lambda: looks[-2:] == [True, True])
    stage.say("two", chat="2")
    owe(stage, "waiting", where="seq = 1")
    until(lambda: looks.count(True) > 6)
    assert log.texts == ["one"]
    stage.change("UPDATE positions SET paused = false")
    stage.settled("bot.note")
    assert sorted(log.texts) == ["one", "one", "two"]


def test_a_handler_that_was_paused_before_it_starts_rests_and_stops_at_once(
    stage: Stage, looks: list[bool]
) -> None:
    log = Log()
    stage.say("one")
    left_behind(stage, "bot.note", released="true")
    stage.change("UPDATE positions SET paused = true")
    stage.run(logging(log))
    until(lambda: len(looks) > 3)
    stage.stop()
    assert log.texts == []
    assert stage.position("bot.note") == 0


def test_the_state_of_a_conversation_is_kept_where_the_handler_succeeds(stage: Stage) -> None:
    seen: list[tuple[str, Any]] = []
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        before = context.state.get("last")
        seen.append((event.text or "", before))
        context.state["last"] = event.text
        if event.text == "bad" and context.attempt == 1:
            raise ValueError

    stage.run(router)
    stage.say("a", "bad", "b", chat="1")
    stage.say("c", "d", chat="2")
    stage.settled("bot.note")
    assert [call for call in seen if call[0] in ["a", "bad", "b"]] == [
        ("a", None), ("bad", "a"), ("bad", "a"), ("b", "bad"),
    ]  # fmt: skip
    assert [call for call in seen if call[0] in "cd"] == [("c", None), ("d", "c")]

    stage.run(router)
    stage.say("e", chat="1")
    stage.settled("bot.note")
    assert seen[-1] == ("e", "b")


def test_who_is_erased_does_not_come_back_from_memory(stage: Stage) -> None:
    router = Router("bot")

    @router.on(MessageReceived)
    async def note(event: MessageReceived, context: Context) -> None:
        context.state.setdefault("said", []).append(event.text)

    stage.run(router)
    stage.say("call 15550100077", chat="1")
    stage.say("hello", chat="2")
    stage.settled("bot.note")
    for number in ("15550100077", "15550100002"):
        erasing.erase(stage.database, Person(number), rest=lambda seconds: None)
    stage.say("well", chat="1")
    stage.say("hello again", chat="2")
    stage.settled("bot.note")
    states = stage.ask("SELECT conversation_id, state FROM handler_states ORDER BY 1")
    assert [tuple(row.values()) for row in states] == [
        (1, '{"said":["call [erased]","well"]}'),
        (3, '{"said":["hello again"]}'),
    ]


@pytest.mark.parametrize("state", [{"what": object()}, {"what": "\ud800"}, {1: 2}, ["no object"]])
def test_a_state_that_cannot_be_kept_is_a_failure(stage: Stage, state: Any) -> None:
    router = Router("bot")

    @router.on(MessageReceived, retry=RetryPolicy(attempts=1))
    async def note(event: MessageReceived, context: Context) -> None:
        context.state = state

    stage.run(router)
    stage.say("one")
    stage.settled("bot.note")
    [(status, error)] = stage.retries("state, error")
    assert status == "dead"
    assert error.startswith("context.state can't be kept")


def test_a_message_is_queued_once_however_often_its_handler_runs(stage: Stage) -> None:
    router = Router("bot")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived, context: Context) -> None:
        context.reply(f"first, at attempt {context.attempt}")
        await context.send("15550100022", "second")
        if context.attempt < 3:
            raise ValueError

    stage.run(router)
    stage.say("one")
    until(lambda: stage.retries() == [] and len(stage.ask("SELECT * FROM sends")) == 2)
    queued = stage.ask("SELECT text, status FROM messages WHERE direction = 'outgoing' ORDER BY id")
    assert queued == [
        {"text": "first, at attempt 1", "status": "queued"},
        {"text": "second", "status": "queued"},
    ]


def test_no_more_than_the_promised_tries_when_the_database_fails_in_between(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """What was not settled is taken for tried; and nothing is lost."""
    calls: list[int] = []
    router = Router("bot")

    def fail(change: Change) -> None:
        raise stage.database.engine.dialect.loaded_dbapi.OperationalError("cut")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived) -> None:
        calls.append(event.id)
        if len(calls) == 1:
            assert stage.inbox
            stage.inbox.writer.submit(fail).exception(30)
        raise ValueError

    stage.run(router)
    stage.say("one")
    stage.settled("bot.note")
    assert "begins again" in caplog.text
    assert 1 <= len(calls) <= 3
    assert stage.retries("state") == [("dead",)]


def test_a_last_chance_is_not_left_running_when_the_work_breaks_off(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "STOP_WITHIN", timedelta(milliseconds=20))
    ended = threading.Event()
    router = Router("bot")

    def fail(change: Change) -> None:
        raise stage.database.engine.dialect.loaded_dbapi.OperationalError("cut")

    @router.on(MessageReceived, retry=AT_ONCE)
    async def note(event: MessageReceived) -> None:
        assert stage.inbox
        stage.inbox.writer.submit(fail)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    stage.say("one")
    left_behind(stage, "bot.note", position=1, released="true")
    owe(stage, "waiting", where="seq = 1", attempts=2)
    stage.change(f"UPDATE retries SET error = '{ENDED}'")
    stage.run(router)
    stage.settled("bot.note")
    assert ended.is_set()


def left_behind(stage: Stage, handler: str, *, position: int = 0, released: str = "false") -> None:
    """Leave a position as a process does that was killed, or not."""
    stage.stop()
    stage.change(
        "DELETE FROM positions",
        f"INSERT INTO positions VALUES ('{handler}', {position}, {released}, false)",
    )


def owe(stage: Stage, state: str, *, where: str, attempts: int = 0) -> None:
    """Insert retries."""
    stage.change(
        f"INSERT INTO retries SELECT 'bot.note', seq, conversation_id, '{state}', {attempts}, 0, "
        f"NULL FROM events WHERE {where}"
    )


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return what shifts find when they look whether they are to rest."""
    found: list[bool] = []
    look = positions.paused

    def look_and_tell(change: Change, handler: str) -> bool:
        found.append(look(change, handler))
        return found[-1]

    monkeypatch.setattr(positions, "paused", look_and_tell)
    return found
