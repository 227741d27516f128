"""Which message is meant: WhatsApp's ids, taken apart and made comparable.

A serialized WhatsApp id is `{true|false}_{chat}_{key}[_{participant}]`. Its first part tells
whether the phone that reports sent it, and its last how that phone knows the sender (`@c.us` or
`@lid`): both are a phone's point of view. Chat and key are what all copies of a message share.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


class WhatsAppId(NamedTuple):
    """The parts of a serialized id."""

    from_me: bool
    chat_id: str
    key: str
    participant: str | None


class Identity(NamedTuple):
    """Two digests that find a message: together they are unique, the first alone finds its copies.

    Both are signed 64-bit integers, so that an entry of the index takes 16 bytes in place of 130.
    """

    canonical: int
    """The same for all copies of a message, whichever of our phones reports it."""
    copy: int
    """The phone's own copy: its phone id and the WhatsApp id as it was given."""


def is_api_id(text: str) -> bool:
    """Tell whether this is an id that sendMessage made (a UUID) and no WhatsApp id."""
    return _UUID.match(text) is not None


def take_apart(text: str) -> WhatsAppId | None:
    """Return the parts of a serialized id, or None for the bare key of the older documents."""
    parts = text.split("_", 3)
    if len(parts) < 3 or parts[0] not in ("true", "false") or "@" not in parts[1] or not parts[2]:
        return None
    participant = parts[3] if len(parts) == 4 and parts[3] else None
    return WhatsAppId(
        from_me=parts[0] == "true", chat_id=parts[1], key=parts[2], participant=participant
    )


def identify(*, phone_id: str, chat_id: str, whatsapp_id: str) -> Identity:
    """Return the identity of a phone's copy of a message."""
    return Identity(_digest(key_of(whatsapp_id)), _digest(f"{phone_id} {chat_id} {whatsapp_id}"))


def identify_by_content(*, phone_id: str, chat_id: str, content: str) -> Identity:
    """Return the identity of a message that came without any id (the oldest form)."""
    return Identity(canonical=_digest(content), copy=_digest(f"{phone_id} {chat_id} {content}"))


@lru_cache(1024)  # a batch asks again and again
def canonical_key(whatsapp_id: str) -> int:
    """Return what the ids of all copies of a message share, as a number.

    It is made of the key alone, so that an id that is nothing but the key finds the message too.
    """
    return _digest(key_of(whatsapp_id))


def key_of(whatsapp_id: str) -> str:
    """Return the key inside a serialized id; the older documents show ids that are bare keys."""
    parts = whatsapp_id.split("_", 3)
    return parts[2] if len(parts) > 2 and parts[2] else whatsapp_id


def is_bare(whatsapp_id: str) -> bool:
    """Tell whether an id is a key alone, without chat and point of view."""
    return "_" not in whatsapp_id


def kind_of(chat_id: str) -> str:
    """Return what kind of conversation a chat id names."""
    match chat_id.rpartition("@")[2]:
        case "c.us" | "s.whatsapp.net":
            return "person"
        case "g.us":
            return "group"
        case "lid":
            return "hidden"
        case _:
            return "other"


def phone_of(chat_id: str | None) -> str | None:
    """Return the number of the person whom an id names; hidden ones and groups have none."""
    name, _, _ = (chat_id or "").partition("@")
    is_number = name.isascii() and name.isdigit()
    return name if is_number and kind_of(chat_id or "") == "person" else None


def _digest(text: str) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
