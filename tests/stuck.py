"""Ten handlers that never come back, each in its own way."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

from receiver import MessageReceived, Router

router = Router("stuck")
busy = Router("busy")
"""One that never rests, which only a processor more could make up for."""


def hang(event: MessageReceived) -> None:
    """Hang in a thread."""
    threading.Event().wait()


async def wait(event: MessageReceived) -> None:
    """Wait for what never comes."""
    await asyncio.Event().wait()


for number in range(4):
    router.on(MessageReceived, name=f"stuck.hang-{number}")(hang)
    router.on(MessageReceived, name=f"stuck.wait-{number}")(wait)


@router.on(MessageReceived, name="stuck.fail")
async def fail(event: MessageReceived) -> None:
    """Fail, again and again."""
    raise ValueError


@router.on(MessageReceived)
async def block(event: MessageReceived) -> None:
    """Let the others begin, and then block the loop of all."""
    await asyncio.sleep(0.2)
    Path("blocked").touch()  # noqa: ASYNC240
    time.sleep(3600)  # noqa: ASYNC251 - that is what is wrong with it


@busy.on(MessageReceived)
async def count(event: MessageReceived) -> None:
    """Count for ever."""
    Path("blocked").touch()  # noqa: ASYNC240
    number = 0
    while True:
        number += 1
