"""A receiver on a disk that takes half a second for each sync."""

from __future__ import annotations

import time

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from receiver.cli import main

SYNC_SECONDS = 0.5


def sync(connection: Connection) -> None:
    """Let a commit of the writer take as long as its disk."""
    if connection.get_execution_options().get("receiver_writer"):
        time.sleep(SYNC_SECONDS)


if __name__ == "__main__":
    event.listen(Engine, "commit", sync)
    main()
