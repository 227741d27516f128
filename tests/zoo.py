"""Handlers that misbehave in every way we know of, and write down each try before they do.

They misbehave when the text of a message is `bad`, and once when it is `shaky`. What they write
goes straight to the kernel, which keeps it when the process is killed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from receiver import Context, Discard, F, MessageReceived, Retry, RetryPolicy, Router

ATTEMPTS = 3
POLICY = RetryPolicy(attempts=ATTEMPTS, first=timedelta(0))
SHORT = timedelta(milliseconds=200)

router = Router("zoo")


def write_down(word: str, handler: str, event: MessageReceived) -> None:
    """Add a line to the file of this folder."""
    descriptor = os.open("zoo.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{word} {handler} {event.id} {event.text}\n".encode())
    os.close(descriptor)


async def fail() -> None:
    raise ValueError("no good")


async def leave() -> None:
    sys.exit(3)


async def interrupt() -> None:
    raise KeyboardInterrupt


async def recurse() -> None:
    await recurse()


async def hang() -> None:
    await asyncio.Event().wait()


async def block() -> None:
    time.sleep(0.1)  # noqa: ASYNC251 - that is what is wrong with it
    raise ValueError


async def cancel() -> None:
    task = asyncio.current_task()
    assert task
    task.cancel()


async def cancel_all() -> None:
    for task in asyncio.all_tasks():
        task.cancel()


async def leave_in_a_task() -> None:
    task = asyncio.create_task(leave())
    await hang()
    await task


async def discard() -> None:
    raise Discard("of no use")


async def retry() -> None:
    raise Retry("later", delay=0.05)


async def kill() -> None:
    os._exit(9)


def register(misbehave: Callable[[], Awaitable[None]], policy: RetryPolicy = POLICY) -> None:
    """Add a handler that misbehaves in a way."""
    name = f"{misbehave.__name__}_{policy.attempts}"

    @router.on(MessageReceived, name=name, retry=policy, timeout=SHORT)
    async def handle(event: MessageReceived, context: Context) -> None:
        write_down("try", name, event)
        if event.text == "bad" or (event.text == "shaky" and context.attempt == 1):
            await misbehave()
        write_down("done", name, event)


for way in (fail, leave, interrupt, recurse, hang, block, cancel, discard, retry):
    register(way)
register(fail, RetryPolicy(attempts=1))


@router.on(MessageReceived, name="thread_3", retry=POLICY, timeout=SHORT)
def hang_in_a_thread(event: MessageReceived) -> None:
    """Hang where nobody can end it."""
    write_down("try", "thread_3", event)
    if event.text == "bad":
        time.sleep(3600)
    write_down("done", "thread_3", event)


@router.on(MessageReceived, F.text == "worst", name="swallow_1", timeout=SHORT,
           retry=RetryPolicy(attempts=1))  # fmt: skip
async def swallow(event: MessageReceived) -> None:
    """Hang, and refuse to be ended."""
    write_down("try", "swallow_1", event)
    while True:
        try:
            await hang()
        except asyncio.CancelledError:
            continue


@router.on(MessageReceived, F.text == "worst", name="loop_3", retry=POLICY)
async def end_the_loop(event: MessageReceived) -> None:
    """End the loop of all handlers."""
    write_down("try", "loop_3", event)
    await (leave_in_a_task() if event.id % 2 else cancel_all())


@router.on(MessageReceived, F.text == "poison", name="kill_3", retry=POLICY)
async def end_the_process(event: MessageReceived) -> None:
    """End the process of all handlers."""
    write_down("try", "kill_3", event)
    await kill()


@router.on(MessageReceived, name="sound_12")
async def sound(event: MessageReceived) -> None:
    """Do what is to be done."""
    write_down("try", "sound_12", event)
    write_down("done", "sound_12", event)
