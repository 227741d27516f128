"""Waiting for what happens elsewhere: until it is so, or too late."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PAUSE = 0.01
NET = 120
"""Seconds after which a test gives up; nothing waits this long when all is well."""


def until(look: Callable[[], Found], *, within: float = NET) -> Found:
    """Return the first answer that is true; fail after as many seconds as are given."""
    deadline = time.monotonic() + within
    while True:
        began = time.monotonic()
        if found := look():
            return found
        took = time.monotonic() - began
        assert began + took < deadline, f"not within {within} seconds"
        # Who looks all the time takes the processor from what is looked for.
        time.sleep(max(PAUSE, took))
