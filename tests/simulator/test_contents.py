"""What messages say, as the receiver reads it."""

from __future__ import annotations

import json
from random import Random

import pytest

from receiver.maytapi.messages import Message
from receiver.maytapi.notifications import parse
from receiver.simulator import contents, people

ADA, AHMED, *_ = people.crowd(2)


def _read(content: contents.Content) -> Message:
    body = {
        "type": "message",
        "phone_id": 12345,
        "conversation": ADA.chat_id,
        "timestamp": 1_700_000_000,
        "message": content | {"id": f"false_{ADA.chat_id}_3EB0A1"},
    }
    reading = parse(json.dumps(body).encode())
    assert reading.problems == []
    [message] = reading.said
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize("kind", contents.TYPES)
def test_every_type_is_read_whole(kind: str) -> None:
    for seed in range(20):
        made = contents.make(kind, AHMED, Random(seed), "FILE")
        assert _read(made).type == kind


def test_media_have_url_and_kind() -> None:
    read = _read(contents.media("image", "PICTURE", "look"))
    assert read.text == "look"
    assert read.media
    assert read.media["mime_type"] == "image/jpeg"
    assert str(read.media["url"]).startswith(f"{contents.MEDIA_HOST}/PICTURE.jpeg")


def test_a_place_is_read_as_a_place() -> None:
    assert _read(contents.location("41.5", 29.25)).location == {
        "latitude": 41.5,
        "longitude": 29.25,
    }


def test_several_contacts_are_another_type() -> None:
    assert contents.vcard("a")["type"] == "vcard"
    assert contents.vcard("a", "b")["type"] == "multi_vcard"


def test_a_tally_is_about_the_polls_own_options() -> None:
    poll = contents.poll("when?", ["now", "never"], only_one=True)
    votes = contents.votes(poll, Random(1))
    assert [(it["id"], it["name"]) for it in votes] == [(0, "now"), (1, "never")]
    assert all(it["votes"] >= 0 for it in votes)
