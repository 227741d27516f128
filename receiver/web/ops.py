"""Probes: is the process alive, and would the next notification be stored."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.errors import NotStored
from receiver.store.writer import Writer
from receiver.web.problems import problem

READY_WITHIN = timedelta(seconds=1.5)
KEPT = timedelta(seconds=0.25)
"""How long an answer holds: strangers, who may ask as well, can't have us commit on and on."""

_OK = orjson.dumps({"status": "ok"})


def routes(writer: Writer) -> list[Route]:
    """Return the routes of the probes; they need no key and tell nothing private."""
    probe = _Probe(writer)

    async def live(_request: Request) -> Response:
        return Response(_OK, media_type="application/json")

    async def ready(_request: Request) -> Response:
        try:
            async with asyncio.timeout(READY_WITHIN.total_seconds()):
                succeeded = await probe.succeeds()
        except TimeoutError:
            return problem(503, "the database does not answer in time")
        if not succeeded:
            return problem(503, "the database can't be written to; the log says why")
        return Response(_OK, media_type="application/json")

    return [Route("/livez", live), Route("/readyz", ready)]


class _Probe:
    """One commit for all who ask while it is made, and for a moment."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._latest: asyncio.Task[bool] | None = None
        self._holds_until = 0.0

    async def succeeds(self) -> bool:
        """Tell whether a commit is possible."""
        if self._latest is None or (self._latest.done() and time.monotonic() >= self._holds_until):
            self._holds_until = time.monotonic() + KEPT.total_seconds()
            self._latest = asyncio.create_task(self._commit())
        return await asyncio.shield(self._latest)

    async def _commit(self) -> bool:
        # A commit, not a question: a full or failing disk still reads well.
        try:
            await self._writer.probe()
        except NotStored:
            return False
        return True
