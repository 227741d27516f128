"""The fixtures that pytest finds by itself where the receiver is installed.

It is imported in every test run of such an installation: what is heavy waits for a fixture's use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from receiver.testing.bench import TestBench


@pytest.fixture
def receiver_play() -> Callable[..., TestBench]:
    """Return `receiver.testing.play`: routers, then what they receive; see what they do."""
    from receiver.testing.bench import play

    return play
