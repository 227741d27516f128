"""A person, or a group, by every name that Maytapi has for it; and how the name is struck out.

A number comes bare, in an id of either server, inside the ids of messages, and in texts, where
people write it with marks between its digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from receiver.maytapi.identity import canonical_key, kind_of, phone_of, take_apart
from receiver.maytapi.outgoing import chat_of

STRUCK = "[erased]"
"""What stands where a name was."""

MIN_BARE_DIGITS = 7
"""A shorter number may be anything's: it is looked for in ids alone."""

_SERVERS = r"(?::\d+)?@(?:c\.us|s\.whatsapp\.net|lid)"
_MARKS = "[ \u00a0().-]*"
_MARK_BYTES = " \u00a0().-".encode()
_ESCAPED = re.compile(rb"\\u00([0-7][0-9a-fA-F])")
_CARDS = "BEGIN:VCARD"


class Person:
    """Whoever is meant by a number or the id of a chat."""

    def __init__(self, name: str) -> None:
        """Take a number however it is written, or an id.

        Raises:
            Unsendable: it is neither.
        """
        self.chat_id = chat_of(name.strip().removeprefix("+") if "@" in name else name)
        self.number = phone_of(self.chat_id)
        self.chat_ids = [self.chat_id]
        if self.number:
            self.chat_ids = [f"{self.number}@{server}" for server in ("c.us", "s.whatsapp.net")]
        self._pattern = _pattern(self.chat_id)
        self._needle = (self.number or self.chat_id.removesuffix("@lid")).encode()
        self._needle = self._needle.translate(None, _MARK_BYTES)

    def is_named(self, text: str | None) -> bool:
        """Tell whether a text is the name, and nothing else."""
        return bool(text and self._pattern.fullmatch(text))

    def is_party(self, whatsapp_id: str | None) -> bool:
        """Tell whether the id of a message names the chat, or who spoke."""
        parts = take_apart(whatsapp_id) if whatsapp_id else None
        return bool(parts and (self.is_named(parts.chat_id) or self.is_named(parts.participant)))

    def is_in(self, *texts: str | None) -> bool:
        """Tell whether any of these holds the name."""
        return any(
            text and self._may_be_in(text.encode()) and self._pattern.search(text) for text in texts
        )

    def is_in_body(self, body: bytes) -> bool:
        """Tell whether a body holds the name, also where JSON has escaped what needs no escape."""
        if b"\\u00" in body:
            body = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), body)
        if not self._may_be_in(body):
            return False
        return self._pattern.search(body.decode("utf-8", "replace")) is not None

    def is_receiver(self, body: bytes) -> bool:
        """Tell whether a body came to this number: then it is one of our own phones'."""
        receiver = rf'"receiver"\s*:\s*"?\+?{self.number}(?!\d)'
        return self.number is not None and re.search(receiver.encode(), body) is not None

    def _may_be_in(self, text: bytes) -> bool:
        # Nearly all that is looked through goes no further, and this takes a hundredth of the time.
        return self._needle in text.translate(None, _MARK_BYTES)

    def struck_from(self, text: str) -> str:
        """Return a text without the name."""
        return self._pattern.sub(STRUCK, text)

    def is_of(self, value: object, keys: Collection[int] = ()) -> bool:
        """Tell whether a part of a notification is about the person: a user, a card, a quote.

        `keys` are those of messages (`canonical_key`) that are the person's.
        """
        match value:
            case str():
                return (
                    self.is_named(value)
                    or self.is_party(value)
                    or (_CARDS in value and self.is_in(value))
                    or (bool(keys) and canonical_key(value) in keys)
                )
            case int():
                return self.is_named(str(value))
            case dict():
                return any(
                    self.is_of(found, keys)
                    for found in value.values()
                    if isinstance(found, str | int | dict)
                )
        return False

    def struck_out(self, value: Any, keys: Collection[int] = ()) -> Any:
        """Return what JSON holds without the person; what is about the person alone is emptied."""
        inside: Callable[[Any], Any] = partial(self._struck_inside, keys=keys)
        match value:
            case dict():
                return {self.struck_from(name): inside(found) for name, found in value.items()}
            case list():
                return [inside(found) for found in value]
        return inside(value)

    def _struck_inside(self, value: Any, keys: Collection[int]) -> Any:
        match value:
            case dict() if self.is_of(value, keys):
                return {}
            case dict() | list():
                return self.struck_out(value, keys)
            case str():
                return self.struck_from(value)
            case int() if self.is_named(str(value)):
                return STRUCK
        return value


def _pattern(chat_id: str) -> re.Pattern[str]:
    user, _, _ = chat_id.partition("@")
    if kind_of(chat_id) not in ("person", "hidden") or not (user.isascii() and user.isdigit()):
        return re.compile(rf"(?<![\w-]){re.escape(chat_id)}(?![\w-])")
    if len(user) < MIN_BARE_DIGITS:
        return re.compile(rf"(?<!\d){user}{_SERVERS}")
    digits = _MARKS.join(user)
    # The oldest groups have the number of their maker in their id: that names the group.
    return re.compile(rf"(?<!\d)(?:\+|00)?{digits}(?!\d)(?!-\d+@g\.us)(?:{_SERVERS})?")
