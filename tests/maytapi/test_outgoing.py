"""What we are asked to send, in Maytapi's words."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.errors import Unsendable
from receiver.maytapi import outgoing
from tests import payloads

CHAT = "15550100011@c.us"
REQUESTS = sorted(
    path.stem.removeprefix("request-sendMessage-")
    for path in (payloads.FOLDER / "api").glob("request-sendMessage-*.json")
)


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
            {"text": "hi", "fields": {"message": "hi", "to_number": CHAT, "type": "text"}},
            {"type": "text", "message": "hi"},
            "hi",
            None,
        ),
        ({"text": "https://x/y"}, {"type": "text", "message": "https://x/y"}, "https://x/y", None),
        ({"fields": {"message": "hi"}}, {"type": "text", "message": "hi"}, "hi", None),
        (
            {"type": "poll", "fields": {"message": 7, "options": "a"}},
            {"type": "poll", "message": 7, "options": "a"},
            None,
            None,
        ),
        ({"type": "carousel"}, {"type": "carousel"}, None, None),
        (
            {"type": "carousel", "text": "hi", "fields": {"cards": []}},
            {"type": "carousel", "text": "hi", "cards": []},
            "hi",
            None,
        ),
    ],
)
def test_the_call_has_maytapis_fields(
    asked: dict[str, Any], request_fields: dict[str, Any], text: str | None, media_url: str | None
) -> None:
    written = outgoing.write(phone_id="1", to=CHAT, **asked)
    assert written.request == {"to_number": CHAT, **request_fields}
    assert (written.phone_id, written.chat_id) == ("1", CHAT)
    assert (written.text, written.media_url) == (text, media_url)


def request_of(name: str) -> dict[str, Any]:
    """Return how a documented request is written: to whom, of what type, and the other fields."""
    fields = payloads.request(name)
    return {"to": fields.pop("to_number"), "type": fields.pop("type"), "fields": fields}


@pytest.mark.parametrize("name", REQUESTS)
def test_every_documented_request_can_be_written(name: str) -> None:
    asked = request_of(name)
    written = outgoing.write(phone_id="1", **asked)
    assert {**asked["fields"], "type": asked["type"]}.items() <= written.request.items()


def test_a_number_may_be_given_twice_in_the_same_words() -> None:
    fields = {"to_number": "+15550100011", "message": "hi"}
    written = outgoing.write(phone_id="1", to="+15550100011", fields=fields)
    assert written.request["to_number"] == CHAT


@pytest.mark.parametrize("empty", [..., None, "", [], {}])
@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        ("text", "message", "text"),
        ("image", "message", "maytapi.message"),
        ("media-url", "message", "maytapi.message"),
        ("contact", "message", "maytapi.message"),
        ("vcard", "message", "maytapi.message"),
        ("link", "message", "maytapi.message"),
        ("forward", "message", "maytapi.message"),
        ("delete", "message", "maytapi.message"),
        ("reaction", "reply_to", "maytapi.reply_to"),
        ("edit", "message", "text"),
        ("edit", "reply_to", "maytapi.reply_to"),
        ("sticker", "message", "maytapi.message"),
        ("product", "productId", "maytapi.productId"),
        ("buttons", "message", "text"),
        ("buttons", "buttons", "maytapi.buttons"),
    ],
)
def test_what_a_type_can_not_do_without_is_named(
    name: str, field: str, said: str, empty: Any
) -> None:
    asked = request_of(name)
    asked["fields"][field] = empty
    if empty is ...:
        del asked["fields"][field]
    with pytest.raises(Unsendable, match=f"of type {asked['type']} needs {said}$"):
        outgoing.write(phone_id="1", **asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({}, "text$"), ({"text": ""}, "text$"), ({"type": "poll", "text": "?"}, "maytapi.options$")],
)
def test_an_empty_message_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsendable, match=said):
        outgoing.write(phone_id="1", to=CHAT, **asked)


@pytest.mark.parametrize("type", ["media", "image", "video", "audio"])
@pytest.mark.parametrize("message", ["a.png", "ftp://x/y", 7, {"url": "https://x/y"}])
def test_media_is_a_link_or_its_bytes(type: str, message: Any) -> None:
    with pytest.raises(Unsendable, match=r"maytapi\.message must be a link"):
        outgoing.write(phone_id="1", to=CHAT, type=type, fields={"message": message})


@pytest.mark.parametrize(
    ("type", "field", "other"),
    [
        ("text", "message", "bye"),
        ("edit", "message", None),
        ("media", "text", "bye"),
        ("text", "type", "poll"),
        ("text", "to_number", "15550100012@c.us"),
    ],
)
def test_what_is_said_twice_and_not_alike_is_refused(type: str, field: str, other: Any) -> None:
    """One of them would be stored, and the other sent."""
    with pytest.raises(Unsendable, match=f"maytapi.{field} says something else"):
        outgoing.write(phone_id="1", to=CHAT, type=type, text="hi", fields={field: other})


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
    [({"options": {1, 2}}, "JSON"), ({"title": "a\ud800"}, "JSON"), ({"filename": "\0"}, "NUL")],
)
def test_what_can_not_be_written_down_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsendable, match=said):
        outgoing.write(phone_id="1", to="15550100011", text="hello", fields=fields)
