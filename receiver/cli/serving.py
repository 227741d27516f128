"""The commands that run the receiver and care for its database."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command()
def serve() -> None:
    """Take notifications and serve what is stored; set up by the environment or .env."""
    from receiver import serving

    serving.serve()


@app.command()
def migrate() -> None:
    """Bring the database's schema to this version (with SQLite `serve` does it by itself)."""
    from receiver import serving

    serving.migrate()
