"""Probes: is the process alive, and would the next notification be stored."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from receiver.errors import NotStored
from receiver.store.writer import Writer
from receiver.web.operations import Fine, Operation, json
from receiver.web.problems import try_again

READY_WITHIN = timedelta(seconds=1.5)


def operations(writer: Writer) -> list[Operation]:
    """Return the probes; they need no key and tell nothing private."""

    async def live(_request: Request) -> Response:
        return json(Fine())

    async def ready(_request: Request) -> Response:
        # A commit, not a question: a full or failing disk still reads well.
        try:
            async with asyncio.timeout(READY_WITHIN.total_seconds()):
                await writer.probe()
        except TimeoutError:
            return try_again("the database does not answer in time")
        except NotStored:
            return try_again("the database can't be written to; the log says why")
        return json(Fine())

    return [
        Operation(
            path="/livez",
            summary="Whether the process runs",
            is_open=True,
            answers=Fine,
            endpoint=live,
        ),
        Operation(
            path="/readyz",
            summary="Whether the next notification would be stored",
            is_open=True,
            answers=Fine,
            problems=(503,),
            endpoint=ready,
        ),
    ]
