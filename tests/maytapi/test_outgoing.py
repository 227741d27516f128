"""What we are asked to send, in Maytapi's words."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.errors import Unsendable
from receiver.maytapi import outgoing

CHAT = "15550100011@c.us"


@pytest.mark.parametrize(
    ("to", "chat_id"),
    [
        ("15550100011", CHAT),
        ("+1 (555) 010-0011", CHAT),
        ("1.555.010.0011", CHAT),
        (CHAT, CHAT),
        ("120363000000000001@g.us", "120363000000000001@g.us"),
        ("123@lid", "123@lid"),
    ],
)
def test_a_number_or_a_chat_is_somebody(to: str, chat_id: str) -> None:
    assert outgoing.chat_of(to) == chat_id


@pytest.mark.parametrize(
    "to", ["", "1234", "1" * 21, "abc", "١٢٣٤٥٦", "a b@c.us", "@c.us", "1@", "x" * 2000 + "@c.us"]
)
def test_anything_else_is_nobody(to: str) -> None:
    with pytest.raises(Unsendable, match="neither a number"):
        outgoing.chat_of(to)


@pytest.mark.parametrize(
    ("asked", "request_fields", "text", "media_url"),
    [
        ({"text": "hi"}, {"type": "text", "message": "hi"}, "hi", None),
        (
            {"type": "media", "text": "look", "fields": {"message": "https://x/y"}},
            {"type": "media", "text": "look", "message": "https://x/y"},
            "look",
            "https://x/y",
        ),
        (
            {"type": "location", "fields": {"latitude": 1, "longitude": 2, "text": "here"}},
            {"type": "location", "latitude": 1, "longitude": 2, "text": "here"},
            "here",
            None,
        ),
        (
            {"text": "hi", "fields": {"message": "mine", "to_number": "x", "type": "y"}},
            {"type": "text", "message": "mine"},
            "hi",
            None,
        ),
        ({"text": "https://x/y"}, {"type": "text", "message": "https://x/y"}, "https://x/y", None),
        ({"fields": {"message": "hi"}}, {"type": "text", "message": "hi"}, "hi", None),
        ({"type": "poll", "fields": {"message": 7}}, {"type": "poll", "message": 7}, None, None),
    ],
)
def test_the_call_has_maytapis_fields(
    asked: dict[str, Any], request_fields: dict[str, Any], text: str | None, media_url: str | None
) -> None:
    written = outgoing.write(phone_id="1", to=CHAT, **asked)
    assert written.request == {"to_number": CHAT, **request_fields}
    assert (written.phone_id, written.chat_id) == ("1", CHAT)
    assert (written.text, written.media_url) == (text, media_url)


@pytest.mark.parametrize("asked", [{}, {"text": ""}, {"fields": {"message": ""}}])
def test_a_text_message_without_a_text_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(Unsendable, match="needs a text"):
        outgoing.write(phone_id="1", to=CHAT, **asked)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"phone_id": "1\0"}, "phone_id can't hold the character NUL"),
        ({"phone_id": "1\ud800"}, "phone_id holds half a character"),
        ({"phone_id": 12345}, "phone_id must be a text, not int"),
        ({"phone_id": "1" * 256}, "phone_id has 256 characters"),
        ({"to": 15550100011}, "to must be a text, not int"),
        ({"to": "a\0@c.us"}, "to can't hold the character NUL"),
        ({"text": 5}, "text must be a text, not int"),
        ({"text": "a\0", "fields": {"message": "x"}}, "text can't hold the character NUL"),
        ({"text": "a\udfff", "fields": {"message": "x"}}, "text holds half a character"),
        ({"type": None}, "type must be a text, not NoneType"),
        ({"type": ["text"]}, "type must be a text, not list"),
        ({"type": "x" * 256}, "type has 256 characters"),
        ({"fields": [1]}, "fields of sendMessage are a dict"),
    ],
)
def test_what_no_database_keeps_is_refused_before_one_is_asked(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(Unsendable, match=said):
        outgoing.write(**{"phone_id": "1", "to": CHAT, "text": "hello", **given})


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"options": {1, 2}}, "JSON"), ({"message": "a\ud800"}, "JSON"), ({"filename": "\0"}, "NUL")],
)
def test_what_can_not_be_written_down_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsendable, match=said):
        outgoing.write(phone_id="1", to="15550100011", text="hello", fields=fields)
