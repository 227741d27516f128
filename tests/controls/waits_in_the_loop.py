"""A receiver whose event loop waits for the disk, and the disk is slow."""

from __future__ import annotations

from sqlalchemy import Engine, event

from receiver.cli import main
from receiver.maytapi import notifications
from receiver.store import recording
from receiver.store.changing import Change
from receiver.store.recording import Receipt
from receiver.store.writer import Writer
from tests.controls.slow_disk import sync


async def record_and_wait(writer: Writer, body: bytes) -> Receipt:
    """Record, and let nobody else do anything meanwhile."""

    def record(change: Change) -> Receipt:
        return recording.record_read(change, [(body, notifications.parse(body))])[0]

    return writer.submit(record, appends=True).result()


if __name__ == "__main__":
    event.listen(Engine, "commit", sync)
    Writer.record = record_and_wait  # type: ignore[method-assign]
    main()
