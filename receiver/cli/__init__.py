"""The command line: one module a group of commands, put together here."""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from receiver import logs
from receiver.cli import (
    account,
    doctor,
    erasing,
    exporting,
    handlers,
    notifications,
    serving,
    simulating,
    webhook,
)
from receiver.errors import ReceiverError

app = typer.Typer(
    help="A durable inbox for the Maytapi WhatsApp API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Else the lines of a docstring stay as they are in the code, whatever the width.
    rich_markup_mode="markdown",
)
app.add_typer(serving.app)
app.add_typer(webhook.app, name="webhook")
app.add_typer(account.app)
app.add_typer(handlers.app)
app.add_typer(notifications.app)
app.add_typer(exporting.app)
app.add_typer(erasing.app)
app.add_typer(simulating.app)
app.add_typer(doctor.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"maytapi-receiver {version('maytapi-receiver')}")
        raise typer.Exit


@app.callback()
def _commands(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("uvicorn", "alembic", "httpx2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def main() -> None:
    """Run the command that was asked for: exit 0, 1 failed, 2 wrong use."""
    try:
        try:
            app()
        finally:
            # What can't be written is told of here, and by Python itself after the end.
            if sys.stdout:
                sys.stdout.flush()
    except ReceiverError as error:
        _fail(error)
    except BrokenPipeError:
        _leave_output()
        sys.exit(1)
    except OSError as error:
        _leave_output()
        _fail(error)


def _fail(error: Exception) -> NoReturn:
    logs.write_out()
    print(f"receiver: {error}", file=sys.stderr)
    sys.exit(1)


def _leave_output() -> None:
    """Let what is still to be written go nowhere, so that Python does not try it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
