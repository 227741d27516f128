"""What messages say: Maytapi's `message` object without its ids, by type (protocol, section c)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from receiver.simulator import people
from receiver.simulator.people import Person

Content = dict[str, Any]

MEDIA_HOST = "https://media.example.invalid/wh_new"

_FILES = {
    "image": ("image/jpeg", "jpeg"),
    "video": ("video/mp4", "mp4"),
    "document": ("application/pdf", "pdf"),
    "sticker": ("image/webp", "webp"),
    "ptt": ("audio/ogg; codecs=opus", "oga"),
    "audio": ("audio/mpeg", "mp3"),
}
_CAPTIONED = ("image", "video", "document")
_EMOJI = ("👍", "❤️", "😂", "😮", "🙏")
_SUBTYPES = ("group/add", "group/remove", "group/promote", "group/leave")


def text(words: str) -> Content:
    """Say something in words."""
    return {"type": "text", "text": words}


def media(kind: str, name: str, caption: str = "") -> Content:
    """Show a file; `name` is its name on the media host."""
    mime, suffix = _FILES[kind]
    size = "?size=1280x960" if kind == "image" else ""
    return {
        "type": kind,
        "url": f"{MEDIA_HOST}/{name}.{suffix}{size}",
        "mime": mime,
        "filename": f"{name[:8]}.{suffix}",
        "caption": caption,
    }


def location(latitude: str | float, longitude: str | float) -> Content:
    """Show a place: both coordinates in one string."""
    return {"type": "location", "payload": f"{latitude},{longitude}"}


def vcard(*names: str) -> Content:
    """Hand over contacts."""
    kind = "vcard" if len(names) == 1 else "multi_vcard"
    return {"type": kind, "vcardList": [{"displayName": it, "vcard": _card(it)} for it in names]}


def poll(question: str, options: list[str], *, only_one: bool) -> Content:
    """Ask for votes."""
    return {
        "type": "poll",
        "text": question,
        "options": [
            {"id": place, "name": name, "votes": 0, "voters": []}
            for place, name in enumerate(options)
        ],
        "only_one": only_one,
    }


def product(product_id: str) -> Content:
    """Show something of the catalogue."""
    return {
        "type": "product",
        "productId": product_id,
        "title": "Olive oil",
        "description": "5 l",
        "price": "$48.00",
        "price1000": 48000,
        "currency": "USD",
        "url": f"https://shop.example.invalid/{product_id}",
    }


def make(kind: str, person: Person, random: Random, file: str) -> Content:
    """Make a message of a type as this person would write it."""
    if kind in _FILES:
        caption = _words(person, random) if kind in _CAPTIONED and random.random() < 0.5 else ""
        return media(kind, file, caption)
    return _MAKERS[kind](person, random)


def reaction(random: Random) -> str:
    """Return an emoji."""
    return random.choice(_EMOJI)


def votes(content: Mapping[str, Any], random: Random) -> list[dict[str, Any]]:
    """Return a tally of a poll."""
    return [
        {"id": option["id"], "name": option["name"], "votes": random.randint(0, 5)}
        for option in content["options"]
    ]


def _words(person: Person, random: Random) -> str:
    words = random.choice(people.LINES[person.language])
    return f"{words}\n{random.randint(1, 10**6)}" if random.random() < 0.5 else words


def _place(random: Random) -> Content:
    return location(round(random.uniform(-80, 80), 15), round(random.uniform(-179, 179), 14))


def _info(person: Person, random: Random) -> Content:
    subtype = random.choice(_SUBTYPES)
    return {"type": "info", "subtype": subtype, "participant": person.chat_id}


def _card(name: str) -> str:
    return f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nEND:VCARD"


_MAKERS: dict[str, Callable[[Person, Random], Content]] = {
    "text": lambda person, random: text(_words(person, random)),
    "location": lambda _, random: _place(random),
    "vcard": lambda person, _: vcard(person.name),
    "multi_vcard": lambda person, _: vcard(person.name, "Ada Brown"),
    "poll": lambda person, random: poll(
        _words(person, random), ["✅", "❌", "…"], only_one=random.random() < 0.5
    ),
    "product": lambda _, random: product(str(random.randint(10**15, 10**16))),
    "info": _info,
}

TYPES = (*_FILES, *_MAKERS)
GROUP_ONLY = frozenset({"info"})
