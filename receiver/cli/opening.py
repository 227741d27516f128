"""Opening the database from the command line, whether or not a server uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from receiver.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from receiver.settings import Settings
    from receiver.store.database import Database


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Open the database of the settings.

    Raises:
        StartError: there is none, or it is of another version.
    """
    from receiver.store import database as databases
    from receiver.store import migrating

    database = databases.connect(settings.database_url)
    if database.file and not database.file.exists():
        raise DatabaseUnavailable(
            f"there is no database {database.file}: run this where `receiver serve` was started, "
            "or set RECEIVER_DATABASE_URL"
        )
    try:
        migrating.check(database)
        yield database
    finally:
        database.engine.dispose()
