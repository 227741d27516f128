"""A receiver that answers 200 before the notification is on disk."""

from __future__ import annotations

import asyncio

from receiver.cli import main
from receiver.store.recording import Receipt
from receiver.store.writer import Writer

record = Writer.record
recording: set[asyncio.Task[Receipt]] = set()


async def answer_at_once(writer: Writer, body: bytes) -> Receipt:
    """Begin to record, and don't wait for it."""
    task = asyncio.ensure_future(record(writer, body))
    recording.add(task)
    task.add_done_callback(recording.discard)
    return Receipt(status="stored", notification_id=0, events=0)


if __name__ == "__main__":
    Writer.record = answer_at_once  # type: ignore[method-assign]
    main()
