"""The JSON body of a request, read under a cap and checked whole."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from receiver.errors import RequestError

MAX_BYTES = 64 * 1024


class Body(BaseModel):
    """What an operation is sent; nothing that it doesn't know is passed over."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


Sent = TypeVar("Sent", bound=Body)


async def read(request: Request, model: type[Sent], *, max_bytes: int = MAX_BYTES) -> Sent:
    """Read and check the body of a request.

    Raises:
        RequestError: 400 names the field, or says that it is no JSON; 413 where it is too large.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise RequestError(413, f"the body may have {max_bytes} bytes")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        [first, *_] = error.errors(include_input=False, include_url=False, include_context=False)
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise RequestError(400, f"{place}: {said}" if place else said) from None
