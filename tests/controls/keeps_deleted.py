"""A receiver that leaves in the file what it has deleted there."""

from __future__ import annotations

from receiver.cli import main
from receiver.store import database

if __name__ == "__main__":
    database.PRAGMAS = tuple(one for one in database.PRAGMAS if "secure_delete" not in one)
    main()
