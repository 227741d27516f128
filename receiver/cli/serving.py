"""The commands that run the receiver and care for its database."""

from __future__ import annotations

from typing import Annotated

import typer

from receiver import logs

app = typer.Typer()


@app.command()
def serve(
    handlers: Annotated[
        bool, typer.Option(help="Run the handlers here, or leave them to `receiver work`.")
    ] = True,
) -> None:
    """Take notifications and serve what is stored; set up by the environment or .env."""
    from receiver import serving

    logs.write_aside()
    serving.serve(with_handlers=handlers)


@app.command()
def work() -> None:
    """Run the handlers alone, beside others that do the same, on PostgreSQL."""
    from receiver import working

    logs.write_aside()
    working.work()


@app.command()
def migrate() -> None:
    """Bring the database's schema to this version (with SQLite `serve` does it by itself)."""
    from receiver import serving

    serving.migrate()
