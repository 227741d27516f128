"""`F`: conditions on events, written like the expressions that they stand for.

`F.text.contains("price") & ~F.from_me` is a function of an event. A value that is missing equals
None and nothing else, so that no filter has to ask first whether it is there. A condition has no
state: it may be used in any number of handlers.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Container, Iterator
from typing import Any

Predicate = Callable[[Any], object]


class Condition:
    """A function from an event to a truth, to be combined with `&`, `|` and `~`."""

    def __init__(self, holds: Predicate, shown: str, *about: Predicate) -> None:
        self._holds = holds
        self._shown = shown
        self._about = about

    @property
    def fields(self) -> Iterator[Field]:
        """The fields that the condition looks at."""
        for part in self._about:
            if isinstance(part, Condition):
                yield from part.fields

    def __call__(self, event: Any) -> bool:
        """Tell whether the condition holds for an event."""
        return bool(self._holds(event))

    def __and__(self, other: Predicate) -> Condition:
        return _both(self, other)

    def __or__(self, other: Predicate) -> Condition:
        return _either(self, other)

    def __rand__(self, other: Predicate) -> Condition:
        return _both(other, self)

    def __ror__(self, other: Predicate) -> Condition:
        return _either(other, self)

    def __invert__(self) -> Condition:
        return Condition(lambda event: not self(event), f"~{self!r}", self)

    def __bool__(self) -> bool:
        raise TypeError("a condition has no value before an event: use & | ~, not and, or, not, in")

    def __repr__(self) -> str:
        return self._shown


class Field(Condition):
    """A value of an event, such as `F.text` or `F.sender.phone`; itself it means "is there"."""

    def __init__(self, path: tuple[str, ...] = ()) -> None:
        super().__init__(self._value, ".".join(("F", *path)))
        self.path = path

    @property
    def fields(self) -> Iterator[Field]:
        """The field itself."""
        yield self

    def __getattr__(self, name: str) -> Field:
        if name.startswith("_"):
            raise AttributeError(name)
        return Field((*self.path, name))

    def __getitem__(self, key: str) -> Field:
        """Return an entry of a mapping, such as `F.payload["subtype"]`."""
        return Field((*self.path, key))

    __hash__ = Condition.__hash__

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compared("==", operator.eq, other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compared("!=", operator.ne, other)

    def __lt__(self, other: Any) -> Condition:
        return self._compared("<", operator.lt, other)

    def __le__(self, other: Any) -> Condition:
        return self._compared("<=", operator.le, other)

    def __gt__(self, other: Any) -> Condition:
        return self._compared(">", operator.gt, other)

    def __ge__(self, other: Any) -> Condition:
        return self._compared(">=", operator.ge, other)

    def in_(self, values: Container[Any]) -> Condition:
        """Hold where the value is one of these."""
        return self._such("in_", lambda value: value in values, values)

    def contains(self, part: str, *, ignore_case: bool = False) -> Condition:
        """Hold where the text, or list, has this in it."""
        if ignore_case:
            folded = part.casefold()
            return self._such("contains", lambda text: folded in text.casefold(), part)
        return self._such("contains", lambda value: part in value, part)

    def startswith(self, prefix: str | tuple[str, ...]) -> Condition:
        """Hold where the text begins so."""
        return self._such("startswith", lambda text: text.startswith(prefix), prefix)

    def endswith(self, suffix: str | tuple[str, ...]) -> Condition:
        """Hold where the text ends so."""
        return self._such("endswith", lambda text: text.endswith(suffix), suffix)

    def matches(self, pattern: str | re.Pattern[str]) -> Condition:
        """Hold where the regular expression is found anywhere in the text."""
        return self._such("matches", re.compile(pattern).search, pattern)

    def is_(self, test: Callable[[Any], object]) -> Condition:
        """Hold where a function of the value says so."""
        return self._such("is_", test, test)

    def _value(self, event: Any) -> Any:
        value = event
        for name in self.path:
            if value is None:
                return None
            value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        return value

    def _compared(self, sign: str, holds: Callable[[Any, Any], object], other: object) -> Condition:
        return Condition(
            lambda event: _compare(holds, self._value(event), other),
            f"({self!r} {sign} {other!r})",
            self,
        )

    def _such(self, name: str, test: Callable[[Any], object], shown: object) -> Condition:
        def holds(event: Any) -> object:
            value = self._value(event)
            return value is not None and test(value)

        return Condition(holds, f"{self!r}.{name}({shown!r})", self)


def _both(one: Predicate, other: Predicate) -> Condition:
    return Condition(lambda e: one(e) and other(e), f"({one!r} & {other!r})", one, other)


def _either(one: Predicate, other: Predicate) -> Condition:
    return Condition(lambda e: one(e) or other(e), f"({one!r} | {other!r})", one, other)


def _compare(holds: Callable[[Any, Any], object], value: Any, other: object) -> object:
    if value is None or other is None:
        # A missing value equals None alone, and is neither more nor less than anything.
        return holds in (operator.eq, operator.ne) and holds(value, other)
    return holds(value, other)


F = Field()
"""The event: `F.text`, `F.from_me`, `F.sender.phone`, `F.payload["subtype"]` …"""
