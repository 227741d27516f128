"""A receiver that answers when the commit is written, but not yet synced."""

from __future__ import annotations

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from receiver.cli import main
from receiver.store import database


def commit_unsynced(connection: Connection) -> None:
    """Let PostgreSQL answer before its disk has the commit."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


if __name__ == "__main__":
    database.PRAGMAS = (*database.PRAGMAS, "synchronous=NORMAL")  # type: ignore[assignment]
    event.listen(Engine, "begin", commit_unsynced)
    main()
