"""What can go wrong in a benchmark, as sentences for whoever runs it."""

from __future__ import annotations


class BenchmarkFailed(Exception):
    """The measurement can't be made or can't be trusted; the message says why."""
