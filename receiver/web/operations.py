"""Operations: one method of one path each, as it runs and as it is described.

The routes and the OpenAPI document are made from the same list, so neither can say what the other
doesn't. (spectree and apispec want the description written beside the code that runs; here it is
the types that run.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Literal, get_args, get_type_hints

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.errors import RequestError
from receiver.web import parameters
from receiver.web.parameters import Parameters, Taken

Endpoint = Callable[[Request], Awaitable[Response]]

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of a path: what it takes, what it answers, and what runs."""

    path: str
    summary: str
    endpoint: Endpoint | None
    """What runs; None where that is not found by way of the routes."""
    method: str = "GET"
    is_open: bool = False
    """Whether it wants no key."""
    takes: type[Parameters] = Parameters
    sends: Any = None
    """The type of the body that it wants; Any where it takes every one, and none."""
    accepts: str = JSON
    """The media type of that body."""
    answers: Any = str
    """The type of the answer."""
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """Request headers that it heeds: what for, and their schema."""
    problems: tuple[int, ...] = ()
    """What it may answer besides what follows from the rest."""


def reading(
    path: str, summary: str, find: Callable[[Taken], Any], *, problems: tuple[int, ...] = ()
) -> Operation:
    """Return a GET that answers what `find` returns, run in a thread; 404 where that is None.

    What it takes and what it answers are told by the annotations of `find`.
    """
    takes, answers = _annotated(find)

    async def endpoint(request: Request) -> Response:
        return json(await run_in_threadpool(find, parameters.read(request, takes)))

    return Operation(
        path=path,
        summary=summary,
        takes=takes,
        answers=answers,
        problems=problems,
        endpoint=endpoint,
    )


def changing(
    path: str,
    summary: str,
    change: Callable[[Taken], Awaitable[Any]],
    *,
    method: str = "POST",
    problems: tuple[int, ...] = (),
) -> Operation:
    """Return a POST or DELETE without a body that answers what `change` returns; 404 for None."""
    takes, answers = _annotated(change)

    async def endpoint(request: Request) -> Response:
        return json(await change(parameters.read(request, takes)))

    return Operation(
        method=method,
        path=path,
        summary=summary,
        takes=takes,
        answers=answers,
        problems=problems,
        endpoint=endpoint,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Fine:
    """All is well."""

    status: Literal["ok"] = "ok"


def json(answer: Any, status: int = 200) -> Response:
    """Make the answer of a request that went well.

    Raises:
        RequestError: 404, where there is none.
    """
    if answer is None:
        raise RequestError(404, "")
    return Response(orjson.dumps(answer), status, media_type=JSON)


def routes(operations: Iterable[Operation]) -> list[Route]:
    """Return the routes of operations: one for each path, which knows all of its methods."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in operations:
        if operation.endpoint:
            by_path.setdefault(operation.path, {})[operation.method] = operation.endpoint
    return [
        Route(path, _dispatch(endpoints), methods=[*endpoints])
        for path, endpoints in by_path.items()
    ]


def _annotated(function: Callable[[Taken], Any]) -> tuple[type[Taken], Any]:
    """Return what a function takes, and what it returns where that is not None."""
    hints = get_type_hints(function)
    [answers] = (kind for kind in get_args(hints.pop("return") | None) if kind is not NoneType)
    [takes] = hints.values()
    return takes, answers


def _dispatch(endpoints: dict[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await endpoints[method](request)

    return endpoint
