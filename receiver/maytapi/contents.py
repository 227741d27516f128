"""What can be sent: each kind of content, and the fields of sendMessage that say it (section b).

What the documents say can't be sent is refused here, before anything goes out. The files of media
are not read here: `client.attach` does that.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from receiver.errors import Unsendable

MAX_MEDIA_BYTES = 1024 * 1024
"""Media that is a part of the call must be smaller (the listing); a link has no limit."""

_TEXT_IS_MESSAGE = frozenset({"text", "edit", "poll", "reaction", "buttons"})

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
    b"OggS": "audio/ogg",
}


def text_field(type: str) -> str:
    """Return which field holds the text of a message of this type: `message`, or the caption."""
    return "message" if type in _TEXT_IS_MESSAGE else "text"


class Content(Protocol):
    """Something that can be sent."""

    def fields(self) -> dict[str, Any]:
        """Return the fields of sendMessage that say it, the receiver's excepted.

        Raises:
            Unsendable: Maytapi would not take it.
        """


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words; in a group, `@number` inside them mentions somebody."""

    text: str

    def fields(self) -> dict[str, Any]:
        return _said("text", self.text)


@dataclass(frozen=True, kw_only=True)
class Media:
    """A picture, video, sound or document: its link, its bytes, or a `data:` URL made of them."""

    media: str | bytes
    text: str = ""
    filename: str = ""
    mime_type: str = ""
    """What the bytes are; told by their beginning or the file's name where it isn't given."""
    type: str = "media"
    """`media` takes everything; `image`, `video` and `audio` are in use as well."""

    def fields(self) -> dict[str, Any]:
        return _said(self.type, self.text, message=self._source(), filename=self.filename)

    def _source(self) -> str:
        if isinstance(self.media, bytes):
            _check_size(len(self.media))
            mime_type = self.mime_type or _mime_type(self.media, self.filename)
            return f"data:{mime_type};base64,{base64.b64encode(self.media).decode()}"
        if self.media.startswith("data:"):
            encoded = self.media.partition(",")[2]
            _check_size(len(encoded) * 3 // 4 - encoded[-2:].count("="))
        elif not self.media.startswith(("http://", "https://")):
            raise Unsendable("media must be a link (https://…), a data: URL, or bytes")
        return self.media


@dataclass(frozen=True, kw_only=True)
class Location:
    """A place on the map."""

    latitude: float
    longitude: float
    text: str = ""

    def fields(self) -> dict[str, Any]:
        # Every example has them as strings, whatever the schema says.
        latitude, longitude = str(self.latitude), str(self.longitude)
        return _said("location", self.text, latitude=latitude, longitude=longitude)


@dataclass(frozen=True, kw_only=True)
class ContactCard:
    """Somebody who is on WhatsApp, by id (`15550100011@c.us`)."""

    contact_id: str

    def fields(self) -> dict[str, Any]:
        return {"type": "contact", "message": self.contact_id}


@dataclass(frozen=True, kw_only=True)
class VCard:
    """A business card as text, which begins with `BEGIN:VCARD`."""

    name: str
    vcard: str

    def fields(self) -> dict[str, Any]:
        return {"type": "vcard", "message": {"displayName": self.name, "vcard": self.vcard}}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link with a preview."""

    url: str
    text: str = ""

    def fields(self) -> dict[str, Any]:
        return _said("link", self.text, message=self.url)


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A message to pass on, by its id."""

    message_id: str
    with_caption: bool = True

    def fields(self) -> dict[str, Any]:
        caption = self.with_caption
        return {"type": "forward", "message": self.message_id, "forward_caption": caption}


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """A message to take back, by its id."""

    message_id: str

    def fields(self) -> dict[str, Any]:
        return {"type": "delete", "message": self.message_id}


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """An emoji put to a message."""

    emoji: str
    message_id: str

    def fields(self) -> dict[str, Any]:
        return _said("reaction", self.emoji, reply_to=self.message_id)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """New words for a message of ours."""

    text: str
    message_id: str

    def fields(self) -> dict[str, Any]:
        return _said("edit", self.text, reply_to=self.message_id)


@dataclass(frozen=True, kw_only=True)
class Poll:
    """A question with answers to choose from."""

    question: str
    options: Sequence[str]
    only_one: bool = False

    def fields(self) -> dict[str, Any]:
        if not self.options:
            raise Unsendable("a poll needs options", code="F04")
        return _said("poll", self.question, options=list(self.options), only_one=self.only_one)


@dataclass(frozen=True, kw_only=True)
class Sticker:
    """A sticker, by its link."""

    url: str
    width: int = 512
    height: int = 512

    def fields(self) -> dict[str, Any]:
        size = {"width": self.width, "height": self.height}
        return {"type": "sticker", "message": self.url, "options": size}


@dataclass(frozen=True, kw_only=True)
class CatalogProduct:
    """A product of the phone's catalog."""

    product_id: str

    def fields(self) -> dict[str, Any]:
        return {"type": "product", "productId": self.product_id}


@dataclass(frozen=True, kw_only=True)
class Buttons:
    """Words with buttons below them; `buttons` maps the id of each to its text."""

    text: str
    buttons: Mapping[str, str]
    title: str = ""
    footer: str = ""

    def fields(self) -> dict[str, Any]:
        buttons = [{"id": name, "text": text} for name, text in self.buttons.items()]
        return _said("buttons", self.text, buttons=buttons, title=self.title, footer=self.footer)


def _said(type: str, text: str, **fields: Any) -> dict[str, Any]:
    """Write a text and what goes with it; of the rest only what is given."""
    words = text_field(type)
    given = {name: value for name, value in fields.items() if value != ""}
    # An empty emoji takes a reaction back; an empty caption says nothing.
    return {"type": type, **given} | ({words: text} if text or words == "message" else {})


def _check_size(size: int) -> None:
    if size >= MAX_MEDIA_BYTES:
        raise Unsendable(f"{size} bytes of media are too many for one call: send a link to it")


def _mime_type(data: bytes, filename: str) -> str:
    for signature, mime_type in _SIGNATURES.items():
        if data.startswith(signature):
            return mime_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    guessed = mimetypes.guess_type(filename)[0]
    if not guessed:
        raise Unsendable("say what the media is: mime_type, or a filename with a known ending")
    return guessed
