"""Which processor core a process may use, so that server and load do not take each other's."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cores:
    """One core for the server and one for the load; None where there are not two to pin to."""

    server: int | None = None
    load: int | None = None


def choose() -> Cores:
    """Take two of the cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores()
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(server=allowed[0], load=allowed[1]) if len(allowed) > 1 else Cores()


def pin(pid: int, core: int | None) -> None:
    """Keep the process on the core (pid 0: this one); threads that it starts later stay there."""
    if core is not None:
        os.sched_setaffinity(pid, {core})
