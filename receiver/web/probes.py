"""Probes: is the process alive, and would the next notification be stored."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from receiver.errors import NotStored
from receiver.store.writer import Writer
from receiver.web.operations import Fine, Operation, json
from receiver.web.problems import try_again

READY_WITHIN = timedelta(seconds=1.5)
KEPT = timedelta(seconds=0.25)
"""How long an answer holds: strangers, who may ask as well, can't have us commit on and on."""


def operations(writer: Writer) -> list[Operation]:
    """Return the probes; they need no key and tell nothing private."""
    probe = _Probe(writer)

    async def live(_request: Request) -> Response:
        return json(Fine())

    async def ready(_request: Request) -> Response:
        try:
            async with asyncio.timeout(READY_WITHIN.total_seconds()):
                succeeded = await probe.succeeds()
        except TimeoutError:
            return try_again("the database does not answer in time")
        if not succeeded:
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
