"""What the views share: pages, their cursors, times, and JSON that is passed on as it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import orjson
from pydantic import WithJsonSchema
from sqlalchemy import ColumnElement, Row, literal, tuple_
from sqlalchemy.orm import Mapped

View = TypeVar("View")

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, in UTC."""


class Cursor(NamedTuple):
    """The place of a row in a list that is ordered by time, and by id among equal times."""

    at: int
    id: int

    def __str__(self) -> str:
        return f"{self.at}.{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[View]):
    """A part of a list; `next` is the cursor of the part behind it."""

    data: Sequence[View]
    next: str | None


def page(
    found: Sequence[Row[Any]],
    limit: int,
    *,
    views: Callable[[Sequence[Row[Any]]], Sequence[View]],
    cursor: Callable[[Row[Any]], object],
) -> Page[View]:
    """Make a page of rows, of which one more than the limit was asked for."""
    rows = found[:limit]
    more = len(found) > limit
    return Page(data=views(rows), next=str(cursor(rows[-1])) if more else None)


def below(at: Mapped[int], id: Mapped[int], place: Cursor) -> ColumnElement[bool]:
    """Return the condition for what comes after this place, where the newest come first."""
    return tuple_(at, id) < tuple_(literal(place.at), literal(place.id))


def timestamp(milliseconds: int | None) -> str | None:
    """Write a time as RFC 3339; 0 and None are no time."""
    return written(milliseconds) if milliseconds else None


def written(milliseconds: int) -> str:
    """Write a time that there surely is as RFC 3339."""
    minutes, rest = divmod(milliseconds, 60_000)
    seconds, rest = divmod(rest, 1000)
    text = f"{_minute(minutes)}:{seconds:02}"
    return f"{text}.{rest:03}Z" if rest else f"{text}Z"


def json(text: str | None) -> Any:
    """Pass kept JSON on: nothing is parsed and written again on the way."""
    return orjson.Fragment(text) if text is not None else None


@lru_cache(1024)  # what is shown together happened within minutes, and has several times each
def _minute(minutes: int) -> str:
    return datetime.fromtimestamp(minutes * 60, UTC).isoformat(timespec="minutes")[:16]
