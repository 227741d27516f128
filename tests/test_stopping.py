"""A process that was asked to stop ends, also if something in it doesn't."""

from __future__ import annotations

import subprocess
import sys

HANGING = """
import threading
from datetime import timedelta
from receiver import stopping

stopping.STOP_WITHIN = timedelta(milliseconds={within})
stopping.end_in_time()
{then}
"""


def run(*, within: int, then: str) -> subprocess.CompletedProcess[str]:
    script = HANGING.format(within=within, then=then)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


def test_what_hangs_is_not_waited_for() -> None:
    done = run(within=1, then="threading.Event().wait()")
    assert done.returncode == 0
    assert "does not end" in done.stderr


def test_who_ends_before_is_not_held_up() -> None:
    done = run(within=3_600_000, then="raise SystemExit(3)")
    assert (done.returncode, done.stderr) == (3, "")
