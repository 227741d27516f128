"""Run the application: socket, lock, schema, server, and a clean end."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout

from receiver import settings as settings_module
from receiver.app import create_app
from receiver.errors import BadSetting, DatabaseInUse, DatabaseUnavailable, StartError
from receiver.settings import Settings, split
from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database
from receiver.web.guard import guarded

GRACE_SECONDS = 5
"""For requests in flight when the process is asked to stop; then comes the last commit."""


def serve() -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        StartError: it can't start; nothing is left running.
    """
    settings = settings_module.load()
    database = databases.connect(settings.database_url)
    with _listen(settings) as listener, _own(database):
        settings, made = settings_module.make_secrets(settings)
        if database.file:
            migrating.migrate(database)
        else:
            migrating.check(database)
        address = _address(settings, listener)
        if made:
            _welcome(settings, address)
        _Server(_config(settings, database), address).run(sockets=[listener])


def migrate() -> None:
    """Bring the schema to this version, waiting for others who do the same.

    Raises:
        StartError: it can't be done.
    """
    database = databases.connect(settings_module.load().database_url)
    with _own(database):
        migrating.migrate(database)
    print(f"the schema of {database.name} is up to date")


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"ready {self._address}", file=sys.stderr, flush=True)


def _config(settings: Settings, database: Database) -> uvicorn.Config:
    # uvicorn installs its own handlers and at the end sends itself the signal again; with these in
    # place that ends nothing more, and the exit is 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    return uvicorn.Config(
        create_app(settings, database),
        http=guarded(),
        lifespan="on",
        log_config=None,
        # The access log would hold the path, and with it the token.
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


@contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except socket.gaierror as error:
        raise BadSetting(f"RECEIVER_HOST names no address of this machine ({error})") from error
    except OSError as error:
        raise StartError(
            f"port {settings.port} on {settings.host} can't be listened on ({error.strerror}): "
            "stop what uses it, or set RECEIVER_PORT"
        ) from error
    with listener:
        yield listener


@contextmanager
def _own(database: Database) -> Iterator[None]:
    """Hold a SQLite file for this process alone, as long as it lives."""
    if database.file is None:
        yield
        return
    lock = FileLock(Path(f"{database.file}.lock"))
    try:
        with lock.acquire(blocking=False):
            yield
    except Timeout:
        raise DatabaseInUse(
            f"{database.file} is in use by another receiver: stop it, or use PostgreSQL, which "
            "several processes can share"
        ) from None
    except OSError as error:
        raise DatabaseUnavailable(
            f"{lock.lock_file} can't be written ({error.strerror}): check that the folder exists "
            "and is writable, or set RECEIVER_DATABASE_URL"
        ) from error


def _address(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}"


def _welcome(settings: Settings, address: str) -> None:
    token = split(settings.webhook_token)[0]
    print(
        "A webhook token and an API key were made and written to .env (for your eyes only).\n"
        f"  webhook URL  {address}/webhook/{token}\n"
        "  API key      in .env, the line RECEIVER_API_KEY; use it like this:\n"
        f"               curl -H 'Authorization: Bearer KEY' {address}/api/messages\n",
        flush=True,
    )
