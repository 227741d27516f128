"""A receiver that numbers events without the lock that lets one process write at a time."""

from __future__ import annotations

from typing import Any

from receiver.cli import main
from receiver.store.rows import Transaction

execute = Transaction.execute


def execute_but_the_lock(transaction: Transaction, sql: str, *parameters: Any) -> None:
    """Run a statement, unless it takes the lock."""
    if "pg_advisory_xact_lock" not in sql:
        execute(transaction, sql, *parameters)


if __name__ == "__main__":
    Transaction.execute = execute_but_the_lock  # type: ignore[method-assign]
    main()
