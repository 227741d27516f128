"""The near side of the load generator: starts its process, gives it an order, takes its report."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, Any

from benchmarks.errors import BenchmarkFailed
from benchmarks.load import Order, Report
from benchmarks.servers import ROOT


class Generator:
    """A process that is building requests, and fires them when told to."""

    def __init__(self, process: subprocess.Popen[str], stderr: IO[str], order: Order) -> None:
        self._process = process
        self._stderr = stderr
        self._say(asdict(order))

    def wait_until_built(self) -> None:
        """Wait until the requests are in memory; once, and before they are fired."""
        self._hear()

    def fire(self, port: int) -> Report:
        """Send everything that was built to the server on the port.

        Raises:
            BenchmarkFailed: no server there, or answers that can't be read.
        """
        self._say(port)
        return Report(**self._hear())

    def _say(self, value: object) -> None:
        assert self._process.stdin is not None, "it was opened with a pipe"
        print(json.dumps(value), file=self._process.stdin, flush=True)

    def _hear(self) -> Any:
        assert self._process.stdout is not None, "it was opened with a pipe"
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._stderr.seek(0)
            raise BenchmarkFailed(f"the load failed: {self._stderr.read().strip()}")
        return json.loads(line)


@contextmanager
def building(order: Order) -> Iterator[Generator]:
    """Start a generator on an order; it builds while the server starts."""
    with tempfile.TemporaryFile("w+") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        with process:
            try:
                yield Generator(process, stderr, order)
            finally:
                process.kill()
