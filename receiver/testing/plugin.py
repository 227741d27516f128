"""The fixtures that pytest finds by itself where the receiver is installed.

It is imported in every test run of such an installation: what is heavy waits for a fixture's use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from receiver.simulator.running import Simulator
    from receiver.testing.bench import TestBench


@pytest.fixture
def receiver_play() -> Callable[..., TestBench]:
    """Return `receiver.testing.play`: a router, then what it receives; see what it does."""
    from receiver.testing.bench import play

    return play


@pytest.fixture
def maytapi_simulator() -> Iterator[Simulator]:
    """Return a Maytapi that runs beside the test, as fast as it can: nobody takes their time.

    Its `settings` are the environment of a receiver that sends through it, and `point_at(URL)` is
    the webhook that it tells; `say("hello")` lets somebody write, `settle()` waits for all that
    follows, and `ledger.sent` and `ledger.incoming` are what was said.
    """
    from datetime import timedelta

    from receiver.simulator.options import Options
    from receiver.simulator.running import running

    fast = Options(pace=0, ack_interval=timedelta(0), restart_time=timedelta(milliseconds=200))
    with running(fast) as simulator:
        yield simulator
