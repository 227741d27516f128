"""Probes: is the process alive, and would the next notification be stored."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.errors import NotStored
from receiver.store.writer import Writer
from receiver.web.problems import problem

READY_WITHIN = timedelta(seconds=1.5)

_OK = orjson.dumps({"status": "ok"})


def routes(writer: Writer) -> list[Route]:
    """Return the routes of the probes; they need no key and tell nothing private."""

    async def live(_request: Request) -> Response:
        return Response(_OK, media_type="application/json")

    async def ready(_request: Request) -> Response:
        # A commit, not a question: a full or failing disk still reads well.
        try:
            async with asyncio.timeout(READY_WITHIN.total_seconds()):
                await writer.probe()
        except TimeoutError:
            return problem(503, "the database does not answer in time")
        except NotStored:
            return problem(503, "the database can't be written to; the log says why")
        return Response(_OK, media_type="application/json")

    return [Route("/livez", live), Route("/readyz", ready)]
