"""`python -m receiver` is the command `receiver`."""

from __future__ import annotations

from receiver.cli import main

if __name__ == "__main__":
    main()
