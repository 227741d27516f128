"""What a request may ask for: every parameter checked in one place, and none passed over.

A parameter that is unknown, given twice or out of its range is refused and said to be, because a
filter that is silently ignored answers something else than was asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from starlette.requests import Request

from receiver.errors import RequestError
from receiver.store.views.shapes import Cursor

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_NUMBER = 10**18 - 1
"""Numbers of ours are smaller; both databases hold it."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_CURSOR = re.compile(r"([0-9]{1,15})\.([0-9]{1,18})")
_MOMENT = re.compile(
    # A + that was not escaped has become a space.
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(?:\.(\d+))?"
    r"(?:[Zz]|([+ -])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)


class Parameters(BaseModel):
    """What an operation takes, from its path and its query; here nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Taken = TypeVar("Taken", bound=Parameters)


def read(request: Request, model: type[Taken]) -> Taken:
    """Check the parameters of a request.

    Raises:
        RequestError: 400 names the parameter; 404 if it is one of the path.
    """
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise RequestError(400, f"{name} is given more than once")
        given[name] = stored_form(value)
    in_path = {name: stored_form(value) for name, value in request.path_params.items()}
    if unknown := [name for name in given if name in in_path or name not in model.model_fields]:
        known = ", ".join(name for name in model.model_fields if name not in in_path)
        raise RequestError(400, f"there is no parameter {unknown[0]!r}; known: {known or 'none'}")
    return check(model, given | in_path, in_path=in_path)


def check(model: type[Taken], given: Mapping[str, str], *, in_path: Collection[str] = ()) -> Taken:
    """Check what was given under these names.

    Raises:
        RequestError: 400 names it; 404 if it is a part of the path.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error, in_path) from None


def stored_form(text: str) -> str:
    """Return a text as it would have been stored: NUL is what no database takes."""
    return text.replace("\0", "\ufffd")


def first_problem(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """Return where something is wrong and what, without repeating what was given."""
    [first, *_] = error.errors(include_input=False, include_url=False, include_context=False)
    return first["loc"], first["msg"].removeprefix("Value error, ")


def _refusal(error: ValidationError, in_path: Collection[str]) -> RequestError:
    place, said = first_problem(error)
    name = str(place[0])
    return RequestError(404, "") if name in in_path else RequestError(400, f"{name}: {said}")


def _number(value: Any) -> Any:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("use digits, up to eighteen")
    return value


def _cursor(value: Any) -> Cursor:
    found = _CURSOR.fullmatch(value)
    if not found:
        raise ValueError("give the `next` of an answer as it came")
    return Cursor(int(found[1]), int(found[2]))


def _truth(value: Any) -> bool:
    if value not in ("true", "false"):
        raise ValueError("use true or false")
    return bool(value == "true")


def _moment(value: Any) -> int:
    found = _MOMENT.fullmatch(value)
    if not found:
        raise ValueError("use a time of RFC 3339, such as 2024-02-06T10:23:54Z")
    day, clock, second, fraction, sign, hours, minutes = found.groups(default="")
    try:
        # A leap second is the end of its minute.
        moment = datetime.fromisoformat(f"{day}T{clock}{'59' if second == '60' else second}")
    except ValueError:
        raise ValueError("there is no such day or time") from None
    past = (moment - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001
    ahead = int(hours or 0) * 3_600_000 + int(minutes or 0) * 60_000
    return past + int(f"{fraction:0<3}"[:3]) + (ahead if sign == "-" else -ahead)


Number = Annotated[int, Field(ge=0, le=MAX_NUMBER), BeforeValidator(_number)]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_number)]
ListPlace = Annotated[
    Cursor,
    PlainValidator(_cursor),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,15}\\.[0-9]{1,18}$"}),
]
Truth = Annotated[bool, PlainValidator(_truth), WithJsonSchema({"type": "boolean"})]
Question = Annotated[str, Field(max_length=1000)]
Moment = Annotated[
    int, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""Milliseconds since 1970."""


class Limited(Parameters):
    """What every list takes."""

    limit: Limit = DEFAULT_LIMIT
    """How many there may be in the answer."""


class Numbered(Limited):
    """What a list takes that is ordered by number."""

    cursor: Number | None = None
    """The `next` of the answer before."""


class Paged(Limited):
    """What a list takes that is ordered by time."""

    cursor: ListPlace | None = None
    """The `next` of the answer before."""
