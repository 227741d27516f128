"""Waiting for what happens elsewhere: until it is so, or too late."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found], *, within: float = 30) -> Found:
    """Return the first answer that is true; fail after as many seconds as are given."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.01)
    return found
