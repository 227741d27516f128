"""aiogram: updates that are in memory already, passed through its filter and lost with it.

A file of its own that any interpreter can run: aiogram wants an older Pydantic than we do.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime, timezone

from aiogram import Bot, Dispatcher, F  # type: ignore[import-not-found,unused-ignore]
from aiogram.types import Chat, Message, Update  # type: ignore[import-not-found,unused-ignore]


async def handle(events: int) -> tuple[float, int]:
    """Feed updates one after the other."""
    calls = 0
    dispatcher = Dispatcher()

    @dispatcher.message(F.text.contains("message"))
    async def count(message: Message) -> None:
        nonlocal calls
        calls += 1

    now = datetime.now(timezone.utc)  # noqa: UP017 - of any interpreter
    updates = [
        Update(
            update_id=number,
            message=Message(
                message_id=number,
                date=now,
                chat=Chat(id=number % 1000, type="private"),
                text=f"Hi, message {number:010}: is it still on sale?",
            ),
        )
        for number in range(events)
    ]
    bot = Bot("1:none")
    began = time.perf_counter()
    for update in updates:
        await dispatcher.feed_update(bot, update)
    return time.perf_counter() - began, calls


if __name__ == "__main__":
    _, _, events, _ = sys.argv
    sys.stdout.write(f"{json.dumps(asyncio.run(handle(int(events))))}\n")
