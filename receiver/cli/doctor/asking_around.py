"""Asking over the network, all at once and not for long; what fails is an answer, too."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from receiver import account
from receiver.account import Held
from receiver.errors import ApiUnavailable, ReceiverError
from receiver.maytapi import drift
from receiver.maytapi.access import Access
from receiver.maytapi.calls import making
from receiver.maytapi.client import Manners
from receiver.maytapi.connection import Connection, Timeouts
from receiver.maytapi.outcomes import Response
from receiver.settings import Settings

PATIENCE = timedelta(seconds=8)
"""For everybody who is asked."""

T = TypeVar("T")


class Heard(NamedTuple):
    """What was answered, or why not; None where nobody was asked."""

    held: Held | ReceiverError | None
    """What Maytapi holds."""
    hook: Response | ReceiverError | None
    """What a GET of our webhook's public URL is answered."""


async def ask(settings: Settings, address: str, tokens: Sequence[str]) -> Heard:
    """Ask Maytapi what it holds, and our public address whether it leads here."""
    return Heard(
        *await asyncio.gather(
            _in_time("Maytapi", _held(settings)) if settings.names_account else _nobody(),
            _in_time("it", _hook(address, tokens[0])) if address and tokens else _nobody(),
        )
    )


async def _held(settings: Settings) -> Held:
    async with account.client(settings, Manners(tries=1)) as client:
        return await account.held(client)


async def _hook(address: str, token: str) -> Response:
    access = Access(base_url=address, headers={}, secret=token)
    call = making.reading(drift.PATH.strip("/"), token, read=making.anything)
    connection = Connection(access, Timeouts())
    try:
        return await connection.exchange(connection.request(call), call)
    finally:
        await connection.close()


async def _in_time(who: str, answer: Coroutine[Any, Any, T]) -> T | ReceiverError:
    seconds = PATIENCE.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        return ApiUnavailable(f"{who} did not answer within {seconds:g} seconds")
    except ReceiverError as error:
        return error


async def _nobody() -> None:
    return None
