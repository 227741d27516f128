"""Who is measured, and how each is started on a database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from benchmarks import servers
from benchmarks.databases import Database
from benchmarks.servers import Server
from receiver.store import database as store
from receiver.store import migrating

TOKEN = token_urlsafe(32)
API_KEY = token_urlsafe(32)

# The receiver's own options, so that only the application differs.
_UVICORN = (
    *("uvicorn", "--host", "127.0.0.1", "--port", "0", "--http", "httptools", "--loop", "uvloop"),
    *("--ws", "none", "--lifespan", "off", "--no-access-log", "--no-date-header"),
    *("--no-server-header", "--no-proxy-headers"),
)


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A server program on a kind of database."""

    name: str
    command: tuple[str, ...]
    """What `python -m` is to run."""
    backend: str = ""
    """`sqlite`, `postgresql`, or empty for one that keeps nothing."""
    message_path: str = "/"
    ack_path: str = "/"
    handlers: str = ""
    """What RECEIVER_HANDLERS is to be."""
    most_messages_per_second: int
    """More than it can take: as many bodies are built for each second."""

    @property
    def is_receiver(self) -> bool:
        return self.command[0] == "receiver"

    @contextmanager
    def serving(self, database: Database | None, core: int | None) -> Iterator[Server]:
        """Run it on the database, in an empty folder."""
        if database and self.is_receiver:
            migrate(database)
        environment = {
            "BY_HAND_DATABASE_URL": database.url if database else "",
            "RECEIVER_DATABASE_URL": database.url if database else "",
            "RECEIVER_WEBHOOK_TOKEN": TOKEN,
            "RECEIVER_API_KEY": API_KEY,
            "RECEIVER_PORT": "0",
            "RECEIVER_HANDLERS": self.handlers,
        }
        with (
            tempfile.TemporaryDirectory(prefix="benchmark-server-") as folder,
            servers.running(self.name, self.command, environment, Path(folder), core) as server,
        ):
            yield server


def migrate(database: Database) -> None:
    """Make the receiver's schema."""
    connected = store.connect(database.url)
    migrating.migrate(connected)
    connected.engine.dispose()


def bare() -> Contestant:
    """The ceiling: nothing is kept."""
    return Contestant(
        name="bare ASGI app",
        command=(*_UVICORN, "benchmarks.bare:app"),
        most_messages_per_second=60_000,
    )


def receiver(backend: str, handlers: str = "") -> Contestant:
    """Us, without handlers or with those of a router."""
    path = f"/webhook/{TOKEN}"
    return Contestant(
        name=f"receiver, {_spelled(backend)}",
        command=("receiver", "serve"),
        backend=backend,
        message_path=path,
        ack_path=path,
        handlers=handlers,
        most_messages_per_second=30_000,
    )


def by_hand(backend: str) -> Contestant:
    """The floor: a session and a commit for each request."""
    return Contestant(
        name=f"by hand, {_spelled(backend)}",
        command=(*_UVICORN, "--factory", "benchmarks.by_hand:app"),
        backend=backend,
        message_path="/messages",
        ack_path="/acks",
        most_messages_per_second=4_000,
    )


def _spelled(backend: str) -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[backend]
