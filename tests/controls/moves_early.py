"""A receiver that moves the position of a handler before the handler is called."""

from __future__ import annotations

from receiver.cli import main
from receiver.dispatch.ledger import Item, Ledger
from receiver.dispatch.shift import Shift

handle = Shift._handle


async def move_and_handle(shift: Shift, item: Item) -> None:
    """Write that all which was read is done, and then do it."""
    await shift._settle()
    await handle(shift, item)


if __name__ == "__main__":
    Ledger.position = property(lambda ledger: ledger.read_to)  # type: ignore[assignment, method-assign]
    Shift._handle = move_and_handle  # type: ignore[method-assign]
    main()
