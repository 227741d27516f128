"""A receiver that is asked to stop just before its server runs."""

from __future__ import annotations

import signal
from typing import Any

from receiver import serving
from receiver.cli import main

create_app = serving.create_app


def create_app_late(*arguments: Any) -> Any:
    """Build the application while a signal comes in."""
    signal.raise_signal(signal.SIGTERM)
    return create_app(*arguments)


if __name__ == "__main__":
    serving.create_app = create_app_late
    main()
