"""Handlers that take their time, each call another, and write down when they begin and end."""

from __future__ import annotations

import asyncio
import os
import random
from datetime import timedelta

from receiver import MessageReceived, RetryPolicy, Router

POLICY = RetryPolicy(attempts=3, first=timedelta(milliseconds=100))
NAMES = ("choir.a", "choir.b", "choir.c")

router = Router("choir")


def write_down(word: str, handler: str, event: MessageReceived) -> None:
    """Add a line to the file of this folder, which all processes share."""
    descriptor = os.open("choir.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{word} {handler} {event.conversation_id} {event.id}\n".encode())
    os.close(descriptor)


def register(name: str) -> None:
    """Add a handler."""

    @router.on(MessageReceived, name=name, retry=POLICY)
    async def sing(event: MessageReceived) -> None:
        write_down("begin", name, event)
        await asyncio.sleep(random.uniform(0, 0.01))
        if event.text == "bad":
            raise ValueError
        write_down("end", name, event)


for name in NAMES:
    register(name)
