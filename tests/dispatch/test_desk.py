"""The desk: what handlers see of the store, and how they send through it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from receiver.dispatch.desk import Desk
from receiver.maytapi import outgoing
from tests import bodies, payloads
from tests.store import recorded


def test_messages_and_conversations_are_those_of_rest(desk: Desk) -> None:
    recorded.each(desk.database, *(bodies.message(f"3EB0{n}", text=str(n)) for n in range(3)))
    assert desk.message(1) == recorded.message(desk.database, 1)
    conversation = desk.conversation(1)
    assert conversation
    assert (conversation["chat_id"], conversation["unread"]) == (bodies.CHAT, 3)
    assert conversation["last_message"]["text"] == "2"
    assert [message["text"] for message in desk.history(1, 2)] == ["1", "2"]
    assert (desk.message(99), desk.conversation(99), desk.history(99, 2)) == (None, None, [])


def test_a_message_has_the_integers_that_came(desk: Desk) -> None:
    said = payloads.load("message-text-dm")
    said["message"]["price1000"] = 10**20 + 1
    recorded.batch(desk.database, payloads.dump(said))
    message = desk.message(1)
    assert message
    assert isinstance(message["payload"]["price1000"], int)
    assert message["payload"] == said["message"]


def test_a_message_is_queued_once_for_its_origin(desk: Desk) -> None:
    message = outgoing.write(phone_id="12345", to=bodies.CHAT, text="hi")
    first, again, other = (desk.queue(message, origin).result(30) for origin in ("a", "a", "b"))
    assert first == again != other
    assert [shown["status"] for shown in recorded.messages(desk.database)] == ["queued"] * 2
    assert len(recorded.events(desk.database, "message.queued")) == 2


def test_the_time_is_in_milliseconds(desk: Desk) -> None:
    assert replace(desk, clock=lambda: 12.3456).now() == 12_345


def test_the_store_is_asked_in_a_thread(desk: Desk) -> None:
    found = asyncio.run(desk.read(lambda connection, more, *, least: (more, least), 1, least=2))
    assert found == (1, 2)
