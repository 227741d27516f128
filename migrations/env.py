"""Alembic's way in: by `receiver migrate` on an open connection, or by hand with alembic.ini."""

from __future__ import annotations

import os

from alembic import context
from sqlmodel import SQLModel

from receiver.store import database, tables

TARGET = SQLModel.metadata
assert tables  # its import is what fills the metadata


def run() -> None:
    """Migrate on the given connection, or on RECEIVER_DATABASE_URL."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run_on(connection)
        return
    url = os.environ.get("RECEIVER_DATABASE_URL", "sqlite:///receiver.db")
    with database.open_writer(database.connect(url)) as own:
        _run_on(own)


def _run_on(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=TARGET,
        render_as_batch=True,
        # SQLite can roll DDL back as well: a kill in the middle leaves the old schema.
        transactional_ddl=True,
        transaction_per_migration=False,
        # What searching needs is each engine's own, and no model tells of it.
        include_name=lambda name, kind, _parents: kind != "table" or "_words" not in (name or ""),
    )
    with context.begin_transaction():
        context.run_migrations()


run()
