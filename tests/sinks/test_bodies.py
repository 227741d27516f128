"""What goes out: the same as REST gives, where both speak of the same thing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from receiver.maytapi import decoding
from receiver.sinks import bodies
from receiver.store import reading
from receiver.store.database import Database
from receiver.store.views import events, messages
from tests import payloads
from tests.dispatch import handmade
from tests.store import recorded


def test_every_sample_goes_out_as_rest_shows_it(database: Database) -> None:
    for name in payloads.NAMES:
        recorded.batch(database, payloads.body(name))
    shown = _shown(events.following(database.engine, 0, limit=200))["data"]
    read = database.ask(reading.after, 0, limit=200)
    assert len(read) == len(shown) > 20
    compared = 0
    for event, view in zip(read, shown, strict=True):
        sent = json.loads(bodies.write(event))
        message = sent.pop("message", None)
        if message and message["id"] != view["message_id"]:
            continue  # of a message that has become a part of another, and is called like that one
        assert view | sent == view
        if message:
            message.pop("first_copy", None)  # of the event, not of the message
            found = _shown(messages.find(database.engine, str(message["id"])))
            assert found | message == found
        compared += 1
    assert compared > 20


def _shown(view: object) -> Any:
    return orjson.loads(orjson.dumps(view))


def test_a_message_goes_out_with_its_content() -> None:
    at = datetime(2024, 2, 6, 10, 23, 54, tzinfo=UTC)
    quoted = {"text": "before", "sent_at": at.replace(microsecond=7000)}
    message = json.loads(bodies.write(handmade.message(sent_at=at, quoted=quoted)))["message"]
    assert message["text"] == "What is the price?"
    assert message["sender"]["name"] == "Contact A"
    assert message["direction"] == "incoming"
    assert message["sent_at"] == "2024-02-06T10:23:54Z"
    assert message["quoted"]["sent_at"] == "2024-02-06T10:23:54.007Z"


def test_an_integer_past_64_bits_goes_out_as_it_came() -> None:
    payload = decoding.reread(b'{"price1000":1180591620717411303424}')
    sent = bodies.write(handmade.message(payload=payload))
    assert json.loads(sent)["message"]["payload"] == {"price1000": 2**70}


def test_an_ack_goes_out_with_the_ids_of_its_message() -> None:
    sent = json.loads(bodies.write(handmade.ack("seen")))
    assert sent["data"] == {"type": "seen"}
    assert sent["message"]["msg_id"] == "a1b2"
    assert "text" not in sent["message"]


def test_an_event_about_no_message_goes_out_without_one() -> None:
    sent = json.loads(bodies.write(handmade.phone_status("loading")))
    assert sent["type"] == "phone.status"
    assert "message" not in sent


def test_what_is_no_json_is_no_body() -> None:
    with pytest.raises(TypeError, match="set"):
        bodies.write(handmade.message(payload={"of": {1}}))
