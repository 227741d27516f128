"""A receiver that takes its numbers from PostgreSQL sequences, and no lock around them.

The sequences are `ids`, in steps larger than a batch, and `seqs`. Numbers then never collide, but
they are not committed in their order.
"""

from __future__ import annotations

from collections.abc import Iterable

from receiver.cli import main
from receiver.store import journal
from receiver.store.journal import Draft, Heads
from receiver.store.rows import Transaction

append = journal.append


def take_numbers(transaction: Transaction) -> Heads:
    """Return numbers that nobody else has."""
    [(first,)] = transaction.fetch("SELECT nextval('ids')")
    return Heads(notification_id=first, conversation_id=first, message_id=first, seq=0)


def append_with_nextval(
    transaction: Transaction, heads: Heads, drafts: Iterable[Draft], *, at: int
) -> None:
    """Number the drafts as a column with a sequence would; the rest takes a moment."""
    in_order = list(drafts)
    sql = "SELECT nextval('seqs') FROM generate_series(1, {mark}::int)"
    numbers = [number for (number,) in transaction.fetch(sql, len(in_order))]
    transaction.fetch("SELECT pg_sleep(random() * 0.01)")
    for draft, number in zip(in_order, numbers, strict=True):
        heads.seq = number - 1
        append(transaction, heads, [draft], at=at)


if __name__ == "__main__":
    journal.lock = take_numbers
    journal.append = append_with_nextval
    main()
