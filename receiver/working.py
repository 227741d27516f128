"""Run the handlers without the web: as many processes as are wanted share them on PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
import sys

from receiver import settings as settings_module
from receiver import stopping
from receiver.dispatch import loading
from receiver.errors import NotStored, StartError
from receiver.inbox import Inbox
from receiver.settings import split
from receiver.store import database as databases
from receiver.store import migrating


def work() -> None:
    """Run the handlers until SIGTERM or Ctrl-C.

    Raises:
        StartError: it can't start; the message says what to do.
    """
    settings = settings_module.load()
    database = databases.connect(settings.database_url)
    if database.file:
        raise StartError(
            "a SQLite file is used by one process: `receiver serve` runs the handlers as well; "
            "to share them among processes, use PostgreSQL"
        )
    migrating.check(database)
    handlers = loading.load(split(settings.handlers))
    if not handlers and not settings.names_account:
        raise StartError(
            "there is nothing to do: name Routers in RECEIVER_HANDLERS, or set up an account of "
            "Maytapi's to send through"
        )
    inbox = Inbox.from_settings(settings, database, handlers)
    try:
        asyncio.run(_work(inbox))
    except NotStored as error:
        raise StartError(str(error)) from error


async def _work(inbox: Inbox) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stopped)
    async with inbox:
        print(f"working for {len(inbox.handlers)} handlers", file=sys.stderr, flush=True)
        await stopped.wait()


def _stop(stopped: asyncio.Event) -> None:
    stopping.end_in_time()
    stopped.set()
