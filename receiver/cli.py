"""The command line."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import typer

from receiver.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    help="A durable inbox for the Maytapi WhatsApp API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _commands() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("uvicorn", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@app.command()
def serve() -> None:
    """Take notifications and serve what is stored; set up by the environment or .env."""
    from receiver import serving

    _run(serving.serve)


@app.command()
def migrate() -> None:
    """Bring the database's schema to this version (with SQLite `serve` does it by itself)."""
    from receiver import serving

    _run(serving.migrate)


def main() -> None:
    """Run the command that was asked for: exit 0, 1 failed, 2 wrong use."""
    app()


def _run(command: Callable[[], None]) -> None:
    try:
        command()
    except StartError as error:
        print(f"receiver: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
