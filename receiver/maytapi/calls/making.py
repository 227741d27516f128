"""What a call is, and the few shapes that calls and their answers have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from receiver.errors import Unreadable
from receiver.maytapi.answers import Done

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Query = str | int | bool | None

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T_co]):
    """A request to be made, and what understands the answer to it."""

    method: str
    path: tuple[str, ...]
    read: Callable[[Any], T_co]
    """Takes the answer's JSON value, or its bytes where they are no JSON."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    only_reads: bool = False
    """Whether it can be made twice without anything being done twice."""
    paced: bool = False
    """Whether it counts as a message that its phone sends."""


def reading(*path: str, read: Callable[[Any], T], **query: Query) -> Call[T]:
    """Return a call that changes nothing."""
    given = {name: _query(value) for name, value in query.items() if value is not None}
    return Call(method="GET", path=path, query=given, read=read, only_reads=True)


def posting(*path: str, read: Callable[[Any], T], body: Any = None) -> Call[T]:
    """Return a call that changes something."""
    return Call(method="POST", path=path, body=body, read=read)


def acting(*path: str) -> Call[Done]:
    """Return a call that changes something although Maytapi wants a GET for it."""
    return Call(method="GET", path=path, read=whole(Done))


def whole(form: type[T]) -> Callable[[Any], T]:
    """Return a reader of answers that are themselves what was asked for."""
    return lambda value: _validated(form, value)


def part(key: str, form: type[T]) -> Callable[[Any], T]:
    """Return a reader of answers that hold what was asked for under a key."""

    def read(value: Any) -> T:
        if not isinstance(value, dict) or key not in value:
            raise Unreadable(f"{key} is missing")
        return _validated(form, value[key])

    return read


def anything(value: Any) -> Any:
    """Read an answer whose form is not known, so long as it is JSON.

    Raises:
        Unreadable: it is not.
    """
    if isinstance(value, bytes):
        raise Unreadable("no JSON")
    return value


def picture(value: Any) -> bytes:
    """Read a picture; what failed comes as JSON in its place, with HTTP 200.

    Raises:
        Unreadable: it is none.
    """
    if isinstance(value, bytes) and value.startswith(_PICTURES):
        return value
    raise Unreadable("no picture")


def _validated(form: type[T], value: Any) -> T:
    try:
        return TypeAdapter(form).validate_python(value)
    except ValidationError as error:
        # Without its cause, which shows what came: numbers and texts.
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"] if str(part).isidentifier())
        raise Unreadable(f"{place or 'it'}: {problem['msg']}") from None


def _query(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
