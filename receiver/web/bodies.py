"""The JSON body of a request, read under a cap and checked whole."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from starlette.requests import Request

from receiver.errors import RequestError
from receiver.web import parameters
from receiver.web.parameters import MAX_NUMBER

MAX_BYTES = 64 * 1024


class Body(BaseModel):
    """What an operation is sent; nothing that it doesn't know is passed over."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


def _whole(value: Any) -> Any:
    # JSON has one kind of number, and 3.0 is 3.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, Field(ge=0, le=MAX_NUMBER), BeforeValidator(_whole)]
"""An id of ours, or the number of an event."""

PHONE_ID = r"^[A-Za-z0-9._~-]{1,64}$"
PhoneId = Annotated[
    str,
    Field(pattern=PHONE_ID),
    BeforeValidator(lambda value: str(whole) if type(whole := _whole(value)) is int else value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": PHONE_ID},
                {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER},
            ]
        }
    ),
]
"""Maytapi's id of a phone, which it writes as a number or as text."""

Sent = TypeVar("Sent", bound=Body)


async def read(request: Request, model: type[Sent], *, max_bytes: int = MAX_BYTES) -> Sent:
    """Read and check the body of a request.

    Raises:
        RequestError: 400 names the field, or says that it is no JSON; 413 where it is too large.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise RequestError(413, f"the body may have {max_bytes} bytes")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        place, said = parameters.first_problem(error)
        name = ".".join(map(str, place))
        raise RequestError(400, f"{name}: {said}" if name else said) from None
