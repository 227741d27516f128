"""The operations that describe all operations, themselves included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from receiver.web import docs, openapi, parameters
from receiver.web.operations import Operation, json
from receiver.web.parameters import Parameters

DOCUMENT = f"{openapi.PREFIX}/openapi.json"
PAGE = f"{openapi.PREFIX}/docs"


def operations(others: Sequence[Operation], *, version: str) -> list[Operation]:
    """Return the operations that answer the OpenAPI document and its page."""
    described: dict[str, Any] = {}

    async def document(request: Request) -> Response:
        parameters.read(request, Parameters)
        return json(described)

    async def page(request: Request) -> Response:
        parameters.read(request, Parameters)
        answer = HTMLResponse(docs.page(described))
        answer.headers["content-security-policy"] = docs.POLICY
        return answer

    own = [
        Operation(
            path=DOCUMENT, summary="This description", answers=dict[str, Any], endpoint=document
        ),
        Operation(
            path=PAGE,
            summary="This description for people",
            media_type="text/html; charset=utf-8",
            endpoint=page,
        ),
    ]
    described |= openapi.document([*others, *own], version=version)
    return own
