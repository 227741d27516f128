"""A process of `receiver work`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.processes import environment
from tests.waiting import NET


class Worker:
    """A process that works for handlers, killed at the end."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        handlers: str,
        program: Sequence[str] = ("-m", "receiver", "work"),
        **settings: str,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program],
            cwd=folder,
            env=environment(database_url, handlers=handlers, **settings),
            stderr=subprocess.PIPE,
            text=True,
        )
        self.stderr: list[str] = []
        self._drain = threading.Thread(target=self._drain_errors, daemon=True)
        self._drain.start()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def ready(self) -> bool:
        """Whether it has said that it works."""
        return any("working for" in line for line in self.stderr)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """End the process without a chance to clean up."""
        self.process.kill()
        self.process.wait(NET)
        self._drain.join(NET)
        if self.process.stderr:
            self.process.stderr.close()

    def _drain_errors(self) -> None:
        assert self.process.stderr
        self.stderr.extend(self.process.stderr)
