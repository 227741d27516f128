"""The REST API: what was stored, for other programs."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.errors import RequestError
from receiver.store import views
from receiver.store.database import Database

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def routes(database: Database) -> list[Route]:
    """Return the routes of the API, below `/api`."""
    engine = database.engine

    async def one_message(request: Request) -> Response:
        name = request.path_params["id"]
        # PostgreSQL can't even be asked for a NUL, and nothing is named so.
        found = None if "\0" in name else await run_in_threadpool(views.message, engine, name)
        if found is None:
            raise RequestError(404, "")
        return _json(found)

    async def all_messages(request: Request) -> Response:
        limit, before = _paging(request)
        page = await run_in_threadpool(views.messages, engine, limit=limit, before=before)
        return _json(page)

    return [Route("/messages", all_messages), Route("/messages/{id:path}", one_message)]


def _paging(request: Request) -> tuple[int, int | None]:
    for name, values in _parameters(request).items():
        if name not in ("limit", "cursor"):
            raise RequestError(400, f"there is no parameter {name!r}; known are limit and cursor")
        if len(values) > 1:
            raise RequestError(400, f"{name} is given more than once")
    limit = _integer(request, "limit", DEFAULT_LIMIT)
    if limit is None or not 1 <= limit <= MAX_LIMIT:
        raise RequestError(400, f"limit must be 1 to {MAX_LIMIT}")
    return limit, _integer(request, "cursor", None)


def _parameters(request: Request) -> dict[str, list[str]]:
    return {name: request.query_params.getlist(name) for name in request.query_params}


def _integer(request: Request, name: str, default: int | None) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RequestError(400, f"{name} is no number that was given by us")
    return int(text)


def _json(answer: Any) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")
