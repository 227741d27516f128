"""Sending by processes that end at any moment: never twice, none lost, in order, and settled."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests import payloads
from tests.bodies import ack, acks
from tests.databases import only_postgresql, only_sqlite
from tests.processes import KEY, Receiver, environment
from tests.scripted import Answer, Asked, Maytapi
from tests.waiting import until
from tests.workers import Worker

Start = Callable[..., Receiver]

CHAT = "15550100011@c.us"
ENDS = "tests.controls.ends_while_sending"
SLOW = 4.8
"""Seconds, of the ten in which a process that is asked to stop has to end."""


class Phones:
    """A Maytapi that takes everything, and remembers under which name."""

    def __init__(self, maytapi: Maytapi) -> None:
        self.names: dict[str, str] = {}
        self.settings = {
            "maytapi_product_id": "product",
            "maytapi_token": "token",
            "maytapi_base_url": maytapi.url,
            "messages_per_second": "100",
        }
        self._maytapi = maytapi
        maytapi.answers("sendMessage", self._accept)
        maytapi.answers("product", {"pid": "product", "ack_delivery": True})
        maytapi.answers("listPhones", [])

    def sent(self) -> list[Asked]:
        """Return the calls of sendMessage that came whole, in their order."""
        calls = [one for one in self._maytapi.asked if one.path.endswith("/sendMessage")]
        return [one for one in calls if one.is_whole]

    def texts(self) -> list[str]:
        return [one.json["message"] for one in self.sent()]

    def by_conversation(self) -> dict[tuple[str, str], list[str]]:
        """Return what was sent, in its order, by phone and chat."""
        found = defaultdict(list)
        for one in self.sent():
            found[one.path.split("/")[2], one.json["to_number"]].append(one.json["message"])
        return found

    def tick(self, receiver: Receiver) -> None:
        """Tell of everything that was sent that it was delivered."""
        for one in self.sent():
            name, phone = self.names[one.json["message"]], one.path.split("/")[2]
            entry = ack("delivered", msg_id=name, chat=one.json["to_number"])
            assert receiver.post(acks(entry, phone=phone)).status_code == 200

    def hesitate(self, seconds: float) -> None:
        """Take so long for each answer from now on."""

        def accept(handler: BaseHTTPRequestHandler) -> Answer | None:
            time.sleep(seconds)
            return self._accept(handler)

        self._maytapi.answers("sendMessage", accept)

    def _accept(self, handler: BaseHTTPRequestHandler) -> Answer | None:
        asked: Asked = handler.asked  # type: ignore[attr-defined]
        if not asked.is_whole:
            return None
        name = self.names[asked.json["message"]] = str(uuid.uuid1())
        data = {"chatId": asked.json["to_number"], "msgId": name}
        return Answer({"success": True, "data": data})


@pytest.fixture
def phones() -> Iterator[Phones]:
    """Return phones that take everything."""
    with Maytapi() as maytapi:
        yield Phones(maytapi)


@pytest.mark.parametrize(
    ("step", "status", "sent"),
    [
        ("before it is begun", "accepted", 1),
        ("before the call", "unknown", 0),
        ("before the answer is stored", "unknown", 1),
        ("after the answer is stored", "accepted", 1),
    ],
)
def test_a_process_that_ends_at_a_step_sends_nothing_twice(
    start: Start, database_url: str, phones: Phones, step: str, status: str, sent: int
) -> None:  # fmt: skip
    waiting = start(database_url)
    first, second = send(waiting, "first"), send(waiting, "second")
    waiting.stop()
    ended = subprocess.run(
        [sys.executable, "-m", ENDS, step, "serve"],
        env=environment(database_url, **phones.settings),
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 9, ended.stderr
    receiver = start(database_url, **phones.settings)
    becomes(receiver, second, "accepted")
    assert receiver.get(f"/messages/{first}")["status"] == status
    assert phones.texts() == ["first"] * sent + ["second"]
    phones.tick(receiver)
    becomes(receiver, second, "delivered")
    assert receiver.get(f"/messages/{first}")["status"] == ("delivered" if sent else "unknown")


def test_a_call_under_way_is_waited_for_at_the_end(
    start: Start, database_url: str, phones: Phones
) -> None:
    phones.hesitate(SLOW)
    receiver = start(database_url, **phones.settings)
    message = send(receiver, "slow")
    until(phones.texts)
    assert receiver.stop() == 0
    again = start(database_url)
    assert again.get(f"/messages/{message}")["status"] == "accepted"


@only_postgresql
def test_a_worker_sends_what_a_server_without_handlers_has_queued(
    tmp_path: Path, database_url: str, phones: Phones
) -> None:
    program = ("-m", "receiver", "serve", "--no-handlers")
    receiver = Receiver(tmp_path, database_url, phones.settings, program)
    try:
        message = send(receiver, "for the worker")
        assert receiver.get(f"/messages/{message}")["status"] == "queued"
        with Worker(tmp_path, database_url, "", **phones.settings) as worker:
            becomes(receiver, message, "accepted")
            assert worker.ready
    finally:
        receiver.kill()
    assert phones.texts() == ["for the worker"]


@only_sqlite
def test_without_an_account_messages_stay_queued_and_that_is_logged_once(
    receiver: Receiver,
) -> None:
    for text in ("to nobody yet", "nor this"):
        message = send(receiver, text)
        assert receiver.get(f"/messages/{message}")["status"] == "queued"
    receiver.stop()
    assert "".join(receiver.stderr).count("messages to be sent stay queued") == 1


@pytest.mark.parametrize(
    ("count", "kills"),
    [(150, 2), pytest.param(1000, 6, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
def test_kills_in_the_middle_change_nothing(
    start: Start, database_url: str, phones: Phones, seed: int, count: int, kills: int
) -> None:
    receiver, expected = under_fire(start, database_url, phones, seed, count=count, kills=kills)
    by_id = {message["id"]: message for message in every_message(receiver)}
    unknown = {message["text"] for message in by_id.values() if message["status"] == "unknown"}
    assert [text for text, times in Counter(phones.texts()).items() if times > 1] == []
    for conversation, texts in phones.by_conversation().items():
        assert texts == [text for text in expected[conversation] if text in texts]
    everything = {text for texts in expected.values() for text in texts}
    assert everything - set(phones.texts()) <= unknown
    assert {message["status"] for message in by_id.values()} <= {"accepted", "unknown"}
    # What is sent and unknown is settled by its tick, unless it shares its chat with another one.
    phones.tick(receiver)
    later = {message["text"]: message["status"] for message in every_message(receiver)}
    alone = {
        texts.pop()
        for chat in expected.values()
        if len(texts := {text for text in chat if text in unknown}) == 1
    }
    sent = set(phones.texts())
    assert {later[text] for text in sent - unknown | sent & alone} == {"delivered"}
    assert {later[text] for text in everything - sent} <= {"unknown"}


def test_the_check_finds_what_was_sent_again(
    start: Start, database_url: str, phones: Phones, seed: int
) -> None:
    """The control: a receiver that sends again what it can't know must not pass."""
    program = ("-m", "tests.controls.sends_again")
    waiting = start(database_url)
    send(waiting, "first")
    waiting.stop()
    subprocess.run(
        [sys.executable, "-m", ENDS, "before the answer is stored", "serve"],
        env=environment(database_url, **phones.settings),
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    start(database_url, program=program, **phones.settings)
    until(lambda: phones.texts() == ["first", "first"])


def under_fire(
    start: Start, database_url: str, phones: Phones, seed: int, *, count: int, kills: int
) -> tuple[Receiver, dict[tuple[str, str], list[str]]]:
    """Queue messages over five phones, and kill the receiver at random moments."""
    random = Random(seed)
    waiting = start(database_url)
    expected = defaultdict(list)
    for number in range(count):
        phone, chat = str(number % 5 + 1), f"155501000{number % 35:02}@c.us"
        expected[phone, chat].append(f"text {number}")
        send(waiting, f"text {number}", to=chat, phone=phone)
    waiting.stop()
    receiver = start(database_url, **phones.settings)
    for kill in range(kills):
        target = random.randrange(count * kill // (kills + 1), count * (kill + 1) // (kills + 1))
        until(lambda target=target: len(phones.texts()) > target)
        receiver.kill()
        receiver = start(database_url, **phones.settings)
    until(lambda: receiver.get("/messages", status="queued", limit=1)["data"] == [])
    return receiver, expected


def send(receiver: Receiver, text: str, *, to: str = CHAT, phone: str = "1") -> int:
    body = payloads.dump({"to": to, "text": text, "phone_id": phone})
    answer = receiver.client.post(
        "/api/messages", content=body, headers={"Authorization": f"Bearer {KEY}"}
    )
    assert answer.status_code == 202, answer.text
    found: int = answer.json()["id"]
    return found


def becomes(receiver: Receiver, message_id: int, status: str) -> None:
    until(lambda: receiver.get(f"/messages/{message_id}")["status"] == status)


def every_message(receiver: Receiver) -> list[dict[str, Any]]:
    """Return all messages but those that are known by their acks alone."""
    return [message for message in receiver.every("/messages") if message["type"]]
