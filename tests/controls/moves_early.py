"""A receiver that moves the position of a handler when it has read, not when it has handled."""

from __future__ import annotations

from receiver.cli import main
from receiver.dispatch.ledger import Ledger

if __name__ == "__main__":
    Ledger.position = property(lambda ledger: ledger.read_to)  # type: ignore[assignment, method-assign]
    main()
