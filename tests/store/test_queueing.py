"""Messages that are to be sent: stored, told, and once for what they come from."""

from __future__ import annotations

import orjson
import pytest

from receiver.maytapi import outgoing
from receiver.maytapi.outgoing import Outgoing
from receiver.store import queueing
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.queueing import Queued
from tests import bodies
from tests.store import recorded

HELLO = outgoing.write(phone_id=bodies.PHONE, to=bodies.CHAT, text="hello")


def queue(database: Database, message: Outgoing = HELLO, origin: str | None = None) -> Queued:
    with open_writer(database) as connection, connection.begin():
        change = Change(connection, at=recorded.NOW, appends=True)
        queued = queueing.queue(change, message, origin=origin)
        change.finish()
        return queued


def test_a_queued_message_is_a_message_with_its_event(database: Database) -> None:
    queued = queue(database)
    assert queued == Queued(1, is_new=True, is_same=True)
    shown = recorded.message(database, 1)
    assert (shown["direction"], shown["status"], shown["text"]) == ("outgoing", "queued", "hello")
    assert (shown["chat_id"], shown["phone_id"]) == (bodies.CHAT, bodies.PHONE)
    [event] = recorded.events(database)
    assert (event["type"], event["message_id"], event["seq"]) == ("message.queued", 1, 1)
    [send] = recorded.rows(database, "SELECT * FROM sends")
    assert orjson.loads(send["request"]) == HELLO.request
    assert (send["called_at"], send["answered_at"]) == (None, None)


def test_it_is_the_last_of_its_conversation_and_nothing_is_unread_any_more(
    database: Database,
) -> None:
    recorded.batch(database, bodies.message(at=recorded.NOW // 1000 - 60))
    queue(database)
    conversation = recorded.conversation(database, bodies.CHAT, bodies.PHONE)
    assert (conversation["last_message_id"], conversation["unread"]) == (2, 0)


def test_what_was_on_its_way_when_we_answered_is_unread(database: Database) -> None:
    asked = recorded.NOW // 1000 - 60
    recorded.batch(database, bodies.message("3EB0A1", at=asked))
    queue(database)
    queue(database)
    recorded.batch(database, bodies.message("3EB0A2", at=asked + 30))
    recorded.batch(database, bodies.message("3EB0A3", at=asked - 30))
    conversation = recorded.conversation(database, bodies.CHAT, bodies.PHONE)
    assert (conversation["last_message_id"], conversation["unread"]) == (3, 1)


def test_the_same_origin_is_the_same_message(database: Database) -> None:
    assert queue(database, origin="key") == Queued(1, is_new=True, is_same=True)
    assert queue(database, origin="key") == Queued(1, is_new=False, is_same=True)
    assert queue(database, origin="other").message_id == 2
    assert queue(database).message_id == 3
    assert len(recorded.events(database)) == 3


def test_another_request_under_the_same_origin_is_found_out(database: Database) -> None:
    queue(database, origin="key")
    for message in (
        HELLO._replace(phone_id=bodies.OTHER_PHONE),
        outgoing.write(phone_id=bodies.PHONE, to=bodies.CHAT, text="bye"),
    ):
        assert queue(database, message, "key") == Queued(1, is_new=False, is_same=False)
    assert recorded.message(database, 1)["text"] == "hello"


@pytest.mark.parametrize(("given", "filename"), [("y.png", "y.png"), (7, None)])
def test_media_are_shown_as_such(database: Database, given: object, filename: str | None) -> None:
    fields = {"message": "https://x/y.png", "filename": given}
    image = outgoing.write(
        phone_id=bodies.PHONE, to=bodies.CHAT, type="media", text="look", fields=fields
    )
    queue(database, image)
    shown = recorded.message(database, 1)
    assert shown["text"] == "look"
    assert shown["media"] == {"url": "https://x/y.png", "mime_type": None, "filename": filename}
