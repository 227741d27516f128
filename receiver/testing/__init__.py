"""For the tests of those who write handlers.

The names are imported when they are asked for: pytest imports this package wherever the receiver is
installed, and most of those runs need nothing of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from receiver.testing.bench import Failure, TestBench, play
    from receiver.testing.payloads import (
        ack,
        failed,
        live_event,
        media,
        message,
        phone_status,
        poll,
        reaction,
        sent,
    )

__all__ = [
    "Failure",
    "TestBench",
    "ack",
    "failed",
    "live_event",
    "media",
    "message",
    "phone_status",
    "play",
    "poll",
    "reaction",
    "sent",
]

_ON_THE_BENCH = {"Failure", "TestBench", "play"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'receiver.testing' has no attribute {name!r}")
    module = "bench" if name in _ON_THE_BENCH else "payloads"
    return getattr(import_module(f"receiver.testing.{module}"), name)


def __dir__() -> list[str]:
    return __all__
