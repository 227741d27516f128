"""What we are asked to send becomes the body of a sendMessage call (protocol, section b)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from receiver.errors import Unreadable, Unsendable
from receiver.maytapi.contents import text_field
from receiver.maytapi.fields import MAX_ID_CHARACTERS
from receiver.maytapi.messages import place

_NEEDS = {
    "text": ("message",),
    "media": ("message",),
    "image": ("message",),
    "video": ("message",),
    "audio": ("message",),
    "contact": ("message",),
    "vcard": ("message",),
    "link": ("message",),
    "forward": ("message",),
    "delete": ("message",),
    "reaction": ("reply_to",),  # without an emoji it is taken back
    "edit": ("message", "reply_to"),
    "poll": ("message", "options"),
    "sticker": ("message",),
    "product": ("productId",),
    "buttons": ("message", "buttons"),
}
"""What each type can't do without; of types that are in no document nothing is known."""

_MEDIA = frozenset({"media", "image", "video", "audio"})
_LINKS = ("http://", "https://")


class Outgoing(NamedTuple):
    """A message to be sent, and the call that sends it."""

    phone_id: str
    chat_id: str
    type: str
    text: str | None
    media_url: str | None
    location: dict[str, float] | None
    request: dict[str, Any]
    """Maytapi's own fields, `to_number` and `type` among them."""

    @property
    def filename(self) -> str | None:
        """What its file is called; what Maytapi is given there may be anything."""
        return _text(self.request, "filename")


def write(
    *,
    phone_id: str,
    to: str,
    type: str = "text",
    text: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Outgoing:
    """Write the call for a message; `fields` are further ones, under Maytapi's own names.

    Raises:
        Unsendable: there is nobody to send it to, something that it needs is missing, or is said
            twice and not alike, or can't be kept: handlers may give anything.
    """
    for name, value in (("phone_id", phone_id), ("to", to), ("type", type)):
        _check_text(name, value, longest=MAX_ID_CHARACTERS)
    if text is not None:
        _check_text("text", text)
    if not isinstance(fields, Mapping | None):
        raise Unsendable("further fields of sendMessage are a dict of names and values")
    chat_id = chat_of(to)
    words = text_field(type)
    given = dict(fields or {})
    if given.get("to_number") == to:
        given["to_number"] = chat_id
    made = {"to_number": chat_id, "type": type} | ({} if text is None else {words: text})
    for name, value in made.items():
        if given.get(name, value) != value:
            raise Unsendable(f"maytapi.{name} says something else than what is given beside it")
    request = made | given
    _check(request)
    _check_needs(request, words)
    message = request.get("message")
    is_url = isinstance(message, str) and message.startswith(_LINKS)
    return Outgoing(
        phone_id=phone_id,
        chat_id=chat_id,
        type=type,
        text=text if text is not None else _text(request, words),
        media_url=message if is_url and words != "message" else None,
        location=_location(request) if type == "location" else None,
        request=request,
    )


def chat_of(to: str) -> str:
    """Return the chat id that a number or chat id means.

    Raises:
        Unsendable: it is neither.
    """
    if "@" in to:
        name, _, server = to.partition("@")
        if name and server and not any(c.isspace() for c in to) and len(to) <= MAX_ID_CHARACTERS:
            return to
    else:
        digits = without_marks(to)
        if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20:
            return f"{digits}@c.us"
    raise Unsendable(f"{to[:40]!r} is neither a number with its country code nor a chat id")


def without_marks(number: str) -> str:
    """Return a number without what people write before and between its digits."""
    return "".join(c for c in number if c not in " +-().\u00a0")


def _check_text(name: str, value: object, *, longest: int | None = None) -> None:
    if not isinstance(value, str):
        raise Unsendable(f"{name} must be a text, not {type(value).__name__}")
    if longest is not None and len(value) > longest:
        raise Unsendable(f"{name} has {len(value)} characters, and may have {longest}")
    if "\0" in value:
        raise Unsendable(f"{name} can't hold the character NUL")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise Unsendable(f"{name} holds half a character (a lone surrogate)")


def _check_needs(request: Mapping[str, Any], words: str) -> None:
    kind = request["type"]
    for name in _NEEDS.get(kind, ()):
        if request.get(name) in (None, "", [], {}):
            place = "text" if name == words else f"maytapi.{name}"
            raise Unsendable(f"a message of type {kind} needs {place}")
    message = request.get("message")
    if kind in _MEDIA and not str(message).lower().startswith((*_LINKS, "data:")):
        raise Unsendable("maytapi.message must be a link to the media (https://…) or a data: URL")


def _check(request: Mapping[str, Any]) -> None:
    try:
        orjson.dumps(request)
    except orjson.JSONEncodeError as error:
        raise Unsendable(f"the message can't be written as JSON: {error}") from None
    if any(isinstance(value, str) and "\0" in value for value in request.values()):
        raise Unsendable("a message can't hold the character NUL")


def _location(request: Mapping[str, Any]) -> dict[str, float]:
    try:
        return place(request.get("latitude"), request.get("longitude"))
    except Unreadable as error:
        raise Unsendable(f"latitude and longitude are {error}: give both, in degrees") from None


def _text(request: Mapping[str, Any], field: str) -> str | None:
    found = request.get(field)
    return found if isinstance(found, str) else None
