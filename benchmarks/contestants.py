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

TOKEN = token_urlsafe(32)
API_KEY = token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A server program on a kind of database."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
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
        return self.module == "receiver"

    @contextmanager
    def serving(self, database: Database | None, core: int | None) -> Iterator[Server]:
        """Run it on the database, in an empty folder."""
        environment = self._environment(database)
        if self.is_receiver and self.backend == "postgresql":
            assert database is not None
            self.migrate(database)
        with tempfile.TemporaryDirectory(prefix="benchmark-server-") as path:
            folder = Path(path)
            with servers.running(
                self.name,
                self.module,
                *self.arguments,
                environment=environment,
                folder=folder,
                core=core,
            ) as server:
                yield server

    def migrate(self, database: Database) -> None:
        """Make the receiver's schema."""
        environment = self._environment(database)
        with tempfile.TemporaryDirectory(prefix="benchmark-server-") as path:
            servers.run_once(
                self.name, self.module, "migrate", environment=environment, folder=Path(path)
            )

    def _environment(self, database: Database | None) -> dict[str, str]:
        if database is None:
            return {}
        if not self.is_receiver:
            return {"BY_HAND_DATABASE_URL": database.url}
        return {
            "RECEIVER_DATABASE_URL": database.url,
            "RECEIVER_WEBHOOK_TOKEN": TOKEN,
            "RECEIVER_API_KEY": API_KEY,
            "RECEIVER_HOST": "127.0.0.1",
            "RECEIVER_PORT": "0",
            "RECEIVER_HANDLERS": self.handlers,
        }


def bare() -> Contestant:
    """The ceiling: nothing is kept."""
    return Contestant(
        name="bare ASGI app", module="benchmarks.bare", most_messages_per_second=60_000
    )


def receiver(backend: str) -> Contestant:
    """Us."""
    return Contestant(
        name=f"receiver, {_spelled(backend)}",
        module="receiver",
        arguments=("serve",),
        backend=backend,
        message_path=f"/webhook/{TOKEN}",
        ack_path=f"/webhook/{TOKEN}",
        most_messages_per_second=30_000,
    )


def by_hand(backend: str) -> Contestant:
    """The floor: a session and a commit for each request."""
    return Contestant(
        name=f"by hand, {_spelled(backend)}",
        module="benchmarks.by_hand",
        backend=backend,
        message_path="/messages",
        ack_path="/acks",
        most_messages_per_second=4_000,
    )


def _spelled(backend: str) -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[backend]
