"""A receiver whose database goes away between the look at its schema and the first connection."""

from __future__ import annotations

from receiver.cli import main
from receiver.errors import NotStored
from receiver.store.writer import Writer


async def start(_writer: Writer) -> None:
    """Find no database."""
    raise NotStored("the database has gone")


if __name__ == "__main__":
    Writer.start = start  # type: ignore[method-assign]
    main()
