"""The sender: never two sends of one message, none lost, and the status is what is known."""

from __future__ import annotations

import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from receiver import MessageReceived, RetryPolicy, Router
from receiver.dispatch import sending
from receiver.dispatch.sending import NAME
from receiver.errors import ApiUnavailable, BadHandler
from receiver.inbox import Inbox
from receiver.maytapi import outcomes
from receiver.store.database import Database
from tests import bodies
from tests.bodies import UUID, ack, acks
from tests.databases import only_postgresql
from tests.dispatch.outbox import CHAT, Outbox, accept, accepted
from tests.scripted import Answer, Fault, Maytapi, babble, half, hang_up, reset, stall
from tests.store import recorded
from tests.waiting import until

W05 = Answer({"success": False, "message": "Lib not loaded", "code": "W05"})
OFF_LINE = Answer({"success": False, "message": "The phone is not connected"})
NO = Answer({"success": False, "message": "Phone number is not valid", "code": "F01"})
LOST: list[Fault | Answer] = [hang_up, reset, half, babble, stall, Answer(b"", 500)]


@pytest.fixture
def outbox(database: Database, hurried: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    """Return an outbox whose Maytapi takes everything, unless the test says otherwise."""
    soon = timedelta(milliseconds=40)
    monkeypatch.setattr(sending, "RETRY", RetryPolicy(attempts=1000, first=soon, longest=soon))
    with Maytapi() as maytapi, Outbox(database, maytapi) as outbox:
        maytapi.answers("sendMessage", accept)
        yield outbox


def test_what_is_queued_is_sent_and_becomes_accepted(outbox: Outbox) -> None:
    before = outbox.queue("queued before there was an account")
    outbox.run_sender()
    after = outbox.queue("hello")
    assert outbox.becomes(before, "accepted")["msg_id"]
    assert outbox.becomes(after, "accepted")["msg_id"]
    [_, asked] = outbox.asked()
    assert asked.path == "/product/12345/sendMessage"
    assert asked.json == {"to_number": CHAT, "type": "text", "message": "hello"}
    told = [event["message_id"] for event in recorded.events(outbox.database, "message.sent")]
    assert told == [before, after]


def test_a_handler_that_blocks_its_loop_holds_up_nothing_that_is_sent(outbox: Outbox) -> None:
    router, blocked, released = Router("bot"), threading.Event(), threading.Event()

    @router.on(MessageReceived)
    async def block(event: MessageReceived) -> None:
        blocked.set()
        released.wait(60)

    outbox.run_sender(router)
    outbox.say("hello")
    assert blocked.wait(30)
    try:
        outbox.becomes(outbox.queue("goes out all the same"), "accepted")
    finally:
        released.set()


@pytest.mark.parametrize("lost", LOST)
def test_what_got_no_answer_is_unknown_and_not_sent_again(
    outbox: Outbox, lost: Fault | Answer
) -> None:
    outbox.maytapi.answers("sendMessage", lost, accept)
    outbox.run_sender()
    first, second = outbox.queue("lost"), outbox.queue("after it")
    outbox.becomes(second, "accepted")
    outbox.run_sender()
    outbox.becomes(outbox.queue("after a restart"), "accepted")
    assert outbox.texts() == ["lost", "after it", "after a restart"]
    assert outbox.message(first)["status"] == "unknown"


def test_the_check_finds_a_sender_that_tries_again_what_is_unknown(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a build that is wrong must not pass."""
    monkeypatch.setattr(outcomes, "unanswered", lambda call, reason: ApiUnavailable(reason))
    outbox.maytapi.answers("sendMessage", hang_up, accept)
    outbox.run_sender()
    outbox.becomes(outbox.queue("lost"), "accepted")
    with pytest.raises(AssertionError, match="more than once"):
        outbox.never_twice()


@pytest.mark.parametrize("no", [W05, OFF_LINE, Answer(b"", 429), Answer(b"", 401)])
def test_what_was_surely_not_sent_waits_and_holds_its_place(outbox: Outbox, no: Answer) -> None:
    outbox.maytapi.answers("sendMessage", no, no, accept)
    first, second = outbox.queue("first"), outbox.queue("second")
    outbox.run_sender()
    outbox.becomes(second, "accepted")
    assert outbox.texts() == ["first", "first", "first", "second"]
    assert outbox.message(first)["status"] == "accepted"
    outbox.rests()
    assert outbox.retries() == []


def test_a_message_waits_for_a_maytapi_that_is_not_there(outbox: Outbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    message = outbox.queue("patient")
    outbox.run_sender(url=nowhere)
    until(lambda: outbox.retries("attempts > 2 AND state = 'waiting'") in ([(1,)], [(True,)]))
    assert outbox.message(message)["status"] == "queued"
    outbox.run_sender()
    outbox.becomes(message, "accepted")
    assert outbox.texts() == ["patient"]


def test_what_is_refused_fails_with_code_and_text(outbox: Outbox) -> None:
    outbox.maytapi.answers("sendMessage", NO, accept)
    outbox.run_sender()
    first, second = outbox.queue("to nobody"), outbox.queue("next")
    outbox.becomes(second, "accepted")
    reason = {"code": "F01", "message": "Phone number is not valid"}
    assert outbox.message(first)["status"] == "failed"
    assert outbox.message(first)["error"] == reason
    [told] = recorded.events(outbox.database, "message.failed")
    assert (told["message_id"], told["data"]) == (first, reason)
    assert outbox.texts() == ["to nobody", "next"]


def test_patience_ends(outbox: Outbox) -> None:
    outbox.maytapi.answers("sendMessage", OFF_LINE)
    old = outbox.queue("old", at=outbox.now() - sending.PATIENCE // timedelta(milliseconds=1))
    outbox.run_sender()
    assert outbox.becomes(old, "failed")["error"]["message"] == "The phone is not connected"
    assert outbox.texts() == ["old"]


def test_a_call_that_was_begun_by_a_process_that_is_gone_is_not_made_again(
    outbox: Outbox,
) -> None:
    message, other = outbox.queue("cut off"), outbox.queue("after it")
    outbox.change(f"UPDATE sends SET called_at = {outbox.now()} WHERE message_id = {message}")
    outbox.run_sender()
    outbox.becomes(other, "accepted")
    assert outbox.message(message)["status"] == "unknown"
    assert outbox.texts() == ["after it"]


def test_acks_that_come_before_the_answer_count(outbox: Outbox) -> None:
    def tick_first(handler: BaseHTTPRequestHandler) -> Answer:
        outbox.receive(acks(ack("reached", msg_id=UUID)))
        return accepted(UUID)

    outbox.maytapi.answers("sendMessage", tick_first)
    outbox.run_sender()
    sent = outbox.becomes(outbox.queue("quick"), "reached")
    assert (sent["msg_id"], [one["type"] for one in sent["acks"]]) == (UUID, ["reached"])
    assert len(recorded.messages(outbox.database)) == 1


def test_an_error_turns_an_accepted_message_to_failed(outbox: Outbox) -> None:
    outbox.maytapi.answers("sendMessage", accepted(UUID))
    outbox.run_sender()
    message = outbox.queue("to a wrong number")
    outbox.becomes(message, "accepted")
    outbox.receive(bodies.failure(UUID, code="F04", message="no such number"))
    assert outbox.message(message)["status"] == "failed"
    assert outbox.message(message)["error"] == {"code": "F04", "message": "no such number"}


@only_postgresql
def test_an_answer_survives_a_database_that_goes_and_comes_back(outbox: Outbox) -> None:
    def while_it_is_away(handler: BaseHTTPRequestHandler) -> Answer:
        # The writer's connection, known by the locks that it keeps.
        outbox.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database "
            "WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return accepted(UUID)

    outbox.maytapi.answers("sendMessage", while_it_is_away, accept)
    outbox.run_sender()
    message = outbox.queue("in between")
    assert outbox.becomes(message, "accepted")["msg_id"] == UUID
    outbox.becomes(outbox.queue("after it"), "accepted")
    outbox.never_twice()


def test_conversations_keep_their_order_and_phones_their_pace(outbox: Outbox) -> None:
    rate, each = 40.0, 16
    expected = defaultdict(list)
    for number in range(each):
        for phone in ("1", "2", "3"):
            chat = f"1555010000{number % 3}@c.us"
            expected[phone, chat].append(f"{phone} {number}")
            outbox.queue(f"{phone} {number}", chat=chat, phone=phone)
    begun = time.monotonic()
    outbox.run_sender(rate=rate)
    until(lambda: len(outbox.texts()) == 3 * each)
    took = time.monotonic() - begun
    sent = defaultdict(list)
    for asked in outbox.asked():
        sent[asked.path.split("/")[2], asked.json["to_number"]].append(asked.json["message"])
    assert sent == expected
    # Not faster than each phone may; and side by side, or it would take three times as long.
    assert (each - 1) / rate <= took


def test_a_phone_with_much_to_say_holds_up_no_other(outbox: Outbox) -> None:
    for number in range(60):
        outbox.queue(f"slow {number}", chat=f"155501000{number:02}@c.us", phone="1")
    outbox.run_sender(rate=0.1)
    until(lambda: len(outbox.texts()) == 1)
    other = outbox.queue("quick", phone="2")
    outbox.becomes(other, "accepted")
    outbox.stop()
    [waiting] = set(outbox.retries("error"))
    assert waiting == ("waits for its turn",)


def test_what_is_replayed_is_not_sent_again(outbox: Outbox) -> None:
    outbox.run_sender()
    outbox.becomes(outbox.queue("once"), "accepted")
    outbox.rests()
    outbox.stop()
    outbox.change(f"UPDATE positions SET seq = 0 WHERE reader = '{NAME}'")
    outbox.run_sender()
    outbox.rests()
    assert outbox.texts() == ["once"]


def test_after_a_crash_messages_go_out_as_ever(outbox: Outbox) -> None:
    outbox.run_sender()
    outbox.becomes(outbox.queue("before"), "accepted")
    outbox.rests()
    outbox.stop()
    outbox.change("UPDATE positions SET released = false")
    outbox.maytapi.answers("sendMessage", stall, accept)
    messages = [outbox.queue(f"after {number}", phone=str(number)) for number in range(4)]
    outbox.run_sender()
    outbox.rests()
    found = sorted(outbox.message(one)["status"] for one in messages)
    assert found == ["accepted", "accepted", "accepted", "unknown"]


def test_a_send_under_way_when_it_stops_is_unknown(outbox: Outbox) -> None:
    outbox.maytapi.answers("sendMessage", stall)
    outbox.run_sender()
    message = outbox.queue("under way")
    until(lambda: outbox.texts() == ["under way"])
    outbox.stop()
    outbox.maytapi.answers("sendMessage", accept)
    outbox.run_sender()
    outbox.becomes(message, "unknown")
    assert outbox.texts() == ["under way"]


def test_its_name_is_taken(database: Database) -> None:
    router = Router("bot")

    @router.on(sending.MessageQueued, name=NAME)
    async def mine(event: sending.MessageQueued) -> None: ...

    with pytest.raises(BadHandler, match="'sender' is taken"):
        Inbox(database, list(router.handlers()))
