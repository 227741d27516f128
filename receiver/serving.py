"""Run the application: socket, lock, schema, server, and a clean end."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType

import uvicorn
from filelock import FileLock, Timeout

from receiver import settings as settings_module
from receiver import stopping
from receiver.app import create_app
from receiver.dispatch import loading
from receiver.dispatch.routing import Handler
from receiver.errors import BadSetting, DatabaseInUse, DatabaseUnavailable, StartError
from receiver.maytapi.drift import Ours
from receiver.settings import Settings, split
from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database
from receiver.web.guard import guarded

GRACE_SECONDS = 5
"""For requests in flight when the process is asked to stop; then comes the last commit."""

MIGRATION_PATIENCE = timedelta(seconds=10)
"""How long `migrate` waits for another one that has the SQLite file."""


def serve(*, with_handlers: bool = True) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        StartError: it can't start; nothing is left running.
    """
    settings = settings_module.load()
    handlers = loading.load(split(settings.handlers)) if with_handlers else None
    run(settings, handlers)


def run(
    settings: Settings,
    handlers: Sequence[Handler] | None,
    *,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve with these settings; None for handlers leaves them, and sending, to others.

    `ready` is called with our address as soon as requests are answered; without it the address is
    printed.

    Raises:
        StartError: it can't start; nothing is left running.
    """
    database = databases.connect(settings.database_url)
    with _listen(settings) as listener, own(database):
        if database.file:
            migrating.migrate(database)
        else:
            migrating.check(database)
        settings_module.warn_of_short_secrets(settings)
        # Not before: whoever makes them must come to tell of them.
        settings, made = settings_module.make_secrets(settings)
        address = settings.address(listener.getsockname()[1])
        if made:
            _welcome(settings, address, made)
        try:
            server = _Server(_config(settings, database, handlers), address, ready or _print_ready)
            server.run(sockets=[listener])
        except SystemExit as error:  # uvicorn's word for it
            raise StartError("the application can't start: the lines above say why") from error


def migrate() -> None:
    """Bring the schema to this version, waiting for others who do the same.

    Raises:
        StartError: it can't be done.
    """
    database = databases.connect(settings_module.load().database_url)
    with own(database, patience=MIGRATION_PATIENCE):
        migrating.migrate(database)
    print(f"the schema of {database.name} is up to date")


class _Server(uvicorn.Server):
    """A server that says when it is ready, and whose end by a signal is an exit with 0."""

    def __init__(self, config: uvicorn.Config, address: str, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._address = address
        self._ready = ready

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn puts its own handlers in their place and at the end sends itself the signal again:
        # with these underneath, that ends nothing more.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        stopping.end_in_time()
        self.config.app.end_streams()  # type: ignore[union-attr]
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        try:
            self._ready(self._address)
        except BaseException:
            await self.shutdown(sockets)
            raise


def _print_ready(address: str) -> None:
    print(f"ready {address}", file=sys.stderr, flush=True)


def _config(
    settings: Settings, database: Database, handlers: Sequence[Handler] | None
) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings, database, handlers),
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
    except (socket.gaierror, UnicodeError) as error:
        raise BadSetting("RECEIVER_HOST names no address of this machine") from error
    except OSError as error:
        raise StartError(
            f"port {settings.port} on {settings.host} can't be listened on "
            f"({os.strerror(error.errno or 0)}): stop what uses it, or set RECEIVER_HOST and "
            "RECEIVER_PORT"
        ) from error
    with listener:
        yield listener


@contextmanager
def own(database: Database, *, patience: timedelta = timedelta(0)) -> Iterator[None]:
    """Hold a SQLite file for this process alone, as long as it lives."""
    if database.file is None:
        yield
        return
    lock = _locked(database.file, patience)
    try:
        if not database.file.exists():
            # SQLite would let everybody read it, and what it makes beside it.
            database.file.touch(mode=0o600)
        yield
    finally:
        lock.release()


def is_owned(file: Path) -> bool:
    """Tell whether a process holds a SQLite file; nothing is made to find out.

    Raises:
        DatabaseUnavailable: this user can't tell.
    """
    if not lock_file(file).exists():
        return False
    lock = FileLock(lock_file(file), timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError as error:
        raise _unwritable(lock, error.strerror) from error


def lock_file(file: Path) -> Path:
    """Return what stands beside a SQLite file once a process has held it."""
    return Path(f"{file}.lock")


def _locked(file: Path, patience: timedelta) -> FileLock:
    if not file.parent.is_dir():
        # The lock would make it, and with it an empty database where a disk is not mounted.
        raise DatabaseUnavailable(
            f"{file.parent} is no folder: make it, or set RECEIVER_DATABASE_URL"
        )
    lock = FileLock(lock_file(file))
    try:
        lock.acquire(timeout=patience.total_seconds())
    except Timeout:
        if not Path(lock.lock_file).exists():  # where no file can be made, the lock waits for one
            raise _unwritable(lock, "no file can be made there") from None
        raise DatabaseInUse(
            f"{file} is in use by another receiver: stop it, or use PostgreSQL, which "
            "several processes can share"
        ) from None
    except OSError as error:
        raise _unwritable(lock, error.strerror) from error
    return lock


def _unwritable(lock: FileLock, reason: str | None) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"{lock.lock_file} can't be written ({reason}): check that this user may write there, or "
        "set RECEIVER_DATABASE_URL"
    )


def _welcome(settings: Settings, address: str, made: list[str]) -> None:
    variables = " and ".join(f"RECEIVER_{name}".upper() for name in made)
    lines = [f"made and written to .env, for your eyes only: {variables}"]
    if "webhook_token" in made:
        ours = Ours(tokens=split(settings.webhook_token), base=address)
        lines.append(f"  webhook URL  {ours.url()}")
    if "api_key" in made:
        lines.append("  API key      in .env, the line RECEIVER_API_KEY; use it like this:")
        lines.append(f"               curl -H 'Authorization: Bearer KEY' {address}/api/messages")
    print("\n".join(lines), flush=True)
