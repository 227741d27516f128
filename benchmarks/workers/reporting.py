"""What a worker is told and what it says; the standard library alone, for any interpreter."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import NamedTuple


class Handled(NamedTuple):
    """What a worker has done."""

    seconds: float
    calls: int


def arguments(given: Sequence[str]) -> tuple[str, int, int]:
    """Return the URL, the number of events and the number of handlers."""
    _, url, events, handlers = given
    return url, int(events), int(handlers)


def say(handled: Handled) -> None:
    """Write it where `hear` reads it."""
    sys.stdout.write(f"{json.dumps(handled)}\n")


def hear(said: str) -> Handled:
    """Read what a worker wrote last."""
    seconds, calls = json.loads(said.strip().splitlines()[-1])
    return Handled(seconds, calls)
