"""The end of a process that was asked to stop: it comes in time, whatever hangs."""

from __future__ import annotations

import logging
import os
import threading
from datetime import timedelta

from receiver import logs

logger = logging.getLogger(__name__)

STOP_WITHIN = timedelta(seconds=9)
"""From a signal to the end."""


def end_in_time() -> None:
    """Let the process end with 0 soon, also if what runs in it does not."""
    deadline = threading.Timer(STOP_WITHIN.total_seconds(), _abandon)
    deadline.daemon = True
    deadline.start()


def _abandon() -> None:
    # Whoever was told 200 has it on disk, and what was not settled is done again by the next
    # process: nothing is lost by not waiting any longer.
    logger.warning("stopped without waiting for what does not end")
    logs.write_out()
    os._exit(0)
