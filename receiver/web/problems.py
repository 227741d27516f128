"""Exceptions become answers here and nowhere else, in one shape (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from receiver.errors import (
    DatabaseFailed,
    KeyMissing,
    NotNow,
    NotStored,
    OperatorError,
    Overloaded,
    RequestError,
    Stopping,
    Unsendable,
)

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a request was not answered as it was meant (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""


def problem(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Make the answer of a request that failed."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
    }
    if detail:
        content["detail"] = detail
    return Response(
        orjson.dumps(content), status, headers=headers, media_type="application/problem+json"
    )


def try_again(detail: str) -> Response:
    """Make the answer of a request that may succeed a little later."""
    return problem(503, detail, {"retry-after": str(RETRY_AFTER_SECONDS)})


Expected = RequestError | NotStored | DatabaseFailed | OperatorError | Unsendable | HTTPException


def answer(error: Expected) -> Response:
    """Make the answer that an exception stands for."""
    match error:
        case Overloaded() | Stopping():
            return try_again(str(error))
        case NotStored() | DatabaseFailed():
            # What it says of the database is for the log alone: Maytapi keeps our answers.
            return try_again("the database failed; the log says why")
        case NotNow():
            return problem(409, str(error))
        case OperatorError():
            return problem(404, str(error))
        case KeyMissing():
            return problem(error.status, error.detail, {"www-authenticate": error.challenge})
        case RequestError():
            return problem(error.status, error.detail)
        case Unsendable():
            return problem(422, str(error))
        case HTTPException():
            return problem(error.status_code, headers=error.headers)


async def _expected(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Expected)
    return answer(error)


async def _failed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseFailed)
    logger.error("not answered: %s", error)
    return answer(error)


async def _gone(_request: Request, _error: Exception) -> Response:
    return problem(400)  # which nobody hears


async def _fault(_request: Request, _error: Exception) -> Response:
    return problem(500, "a fault of the receiver; its log says more")


HANDLERS: dict[Any, ExceptionHandler] = {
    RequestError: _expected,
    NotStored: _expected,
    DatabaseFailed: _failed,
    OperatorError: _expected,
    Unsendable: _expected,
    HTTPException: _expected,
    ClientDisconnect: _gone,
    Exception: _fault,
}
