"""A receiver that does not count a try before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from receiver.cli import main
from receiver.store import retries
from receiver.store.rows import Transaction, listed


def begin(transaction: Transaction, handler: str, numbers: Sequence[int]) -> None:
    """Note that something runs, and no more."""
    transaction.execute(
        "UPDATE retries SET state = 'running' WHERE handler = {mark} AND seq {among_numbers}",
        handler, listed(numbers),
    )  # fmt: skip


if __name__ == "__main__":
    retries.begin = begin
    main()
