"""A JSON object of Maytapi's, read field by field without trusting any of them.

Pydantic would refuse a whole message for one odd field, and in lax mode take `true` for 1. Here a
field of a wrong type counts as absent and leaves a note in `problems`; only where a thing can't be
told apart from others without the field, it is `Unreadable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from receiver.errors import Unreadable

MAX_ID_CHARACTERS = 255
"""Longer ids are refused: no id of WhatsApp's or Maytapi's comes near, and an index holds them."""

_DECIMAL = re.compile(r"[0-9]{1,19}(\.[0-9]{1,9})?\Z", re.ASCII)
_TRUTHS = {0: False, "0": False, "false": False, 1: True, "1": True, "true": True}
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z
_MILLISECONDS_FROM = 10**12
_MICROSECONDS_FROM = 10**15


class Fields:
    """One object, its place in the body (for messages), and the list that notes go to."""

    __slots__ = ("_place", "problems", "value")

    def __init__(self, value: Mapping[str, Any], problems: list[str], place: str = "") -> None:
        self.value = value
        self.problems = problems
        self._place = place

    def identifier(self, *names: str) -> str | None:
        """Return the first id given under these names, as text; integers and strings are one.

        Raises:
            Unreadable: it is neither, or too long. Guessing here would mix up what belongs to whom.
        """
        for name in names:
            found = self.value.get(name)
            if type(found) is str and len(found) <= MAX_ID_CHARACTERS:
                if text := found.strip():
                    return text
            elif _is_integer(found) and len(digits := str(found)) <= MAX_ID_CHARACTERS:
                return digits
            elif found is not None:
                raise Unreadable(f"{self._place}{name} is no id")
        return None

    def label(self, *names: str) -> str | None:
        """Return an id by which nothing is told apart: one that is none is noted, and None."""
        try:
            return self.identifier(*names)
        except Unreadable as error:
            self.problems.append(str(error))
            return None

    def text(self, *names: str) -> str | None:
        """Return the first text that is not empty under these names."""
        for name in names:
            found = self.value.get(name)
            if type(found) is str:
                if found:
                    return found
            elif found is not None:
                self._note(name, "text")
        return None

    def truth(self, name: str) -> bool | None:
        """Return a boolean; Maytapi also writes 0 and 1, and what came as a form as text."""
        found = self.value.get(name)
        if found is None or type(found) is bool:
            return found
        told = found.strip().lower() if type(found) is str else found
        if type(told) in (str, int, float) and told in _TRUTHS:
            return _TRUTHS[told]
        self._note(name, "boolean")
        return None

    def moment(self, name: str) -> int | None:
        """Return a time in milliseconds since 1970 (UTC).

        Maytapi writes seconds ("the last 000 are excluded"); by their size, milliseconds and
        microseconds are understood as well. What can't be a time is noted, and None.
        """
        found = self.value.get(name)
        if found is None:
            return None
        if type(found) is int and 0 < found < _MILLISECONDS_FROM and found <= _LAST_SECOND:
            return found * 1000
        milliseconds = _milliseconds(found)
        if milliseconds is None:
            self._note(name, "time")
        return milliseconds

    def integer(self, name: str) -> int | None:
        """Return a small integer, also when it was written as a string."""
        found = self.value.get(name)
        if found is None:
            return None
        if type(found) is str and found.isascii() and found.isdigit() and len(found) < 10:
            return int(found)
        if type(found) is int and abs(found) < 2**31:
            return found
        self._note(name, "integer")
        return None

    def part(self, name: str) -> Fields | None:
        """Return an object inside this one."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, dict):
            return Fields(found, self.problems, f"{self._place}{name}.")
        self._note(name, "object")
        return None

    def elements(self, name: str) -> list[Any] | None:
        """Return an array inside this object."""
        found = self.value.get(name)
        if found is None or isinstance(found, list):
            return found
        self._note(name, "array")
        return None

    def _note(self, name: str, expected: str) -> None:
        self.problems.append(f"{self._place}{name} is no {expected}")


def _is_integer(found: Any) -> bool:
    return isinstance(found, int) and type(found) is not bool


def _milliseconds(found: Any) -> int | None:
    if type(found) is str and _DECIMAL.match(found):
        found = float(found)
    if type(found) not in (int, float) or not 0 < found < 2**63:
        return None
    if found >= _MICROSECONDS_FROM:
        found = found / 1000
    elif found < _MILLISECONDS_FROM:
        found = found * 1000
    milliseconds = round(found)
    return milliseconds if milliseconds < (_LAST_SECOND + 1) * 1000 else None
