"""Starts a server in a process of its own, pins it, watches its memory and always stops it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from benchmarks import cores
from benchmarks.errors import BenchmarkFailed

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0
SETTLE_SECONDS = 600.0
WATCH_SECONDS = 0.02
READY = re.compile(r"(?:ready|running on) http://127\.0\.0\.1:(\d+)")
"""In the receiver's words, or in uvicorn's."""


class Server:
    """A server process that is ready, or was."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int) -> None:
        self.name = name
        self.port = port
        self._process = psutil.Process(process.pid)
        self.idle_bytes = self.max_bytes = self._rss()

    def cpu_seconds(self) -> float:
        """Measure the processor time used so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note the memory held now as idle, and the most of it that is held meanwhile."""
        self.idle_bytes = self.max_bytes = self._rss()
        finished = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(finished,))
        watcher.start()
        try:
            yield
        finally:
            finished.set()
            watcher.join()

    def settle(self) -> None:
        """Wait until it has done what it put off while under load: a second of hardly any work.

        Raises:
            BenchmarkFailed: it does not come to rest.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            before = self.cpu_seconds()
            time.sleep(1)
            if self.cpu_seconds() - before < 0.05:
                return
        raise BenchmarkFailed(f"it is still busy {SETTLE_SECONDS:.0f} s after the load")

    def _watch(self, finished: threading.Event) -> None:
        while not finished.wait(WATCH_SECONDS):
            self.max_bytes = max(self.max_bytes, self._rss())

    def _rss(self) -> int:
        try:
            return int(self._process.memory_info().rss)
        except psutil.NoSuchProcess:
            return 0


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    core: int | None,
) -> Iterator[Server]:
    """Run `python -m` with the command in the folder until the block ends.

    Raises:
        BenchmarkFailed: something went wrong, here or in the block; with the server's stderr.
    """
    log = folder / "stderr.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        cores.pin(process.pid, core)
        yield Server(name, process, _await_port(process, log))
        if process.poll() is not None:
            raise BenchmarkFailed(f"it ended with {process.returncode}")
        process.terminate()
        process.wait(STOP_SECONDS)
    except (BenchmarkFailed, subprocess.TimeoutExpired) as exc:
        said = log.read_text(errors="replace").strip()
        raise BenchmarkFailed(f"{name}: {exc}; its stderr:\n{said}") from exc
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left running goes too
        process.wait()


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours without settings of a receiver, with the repository importable from any folder."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("RECEIVER_")}
    paths = [path for path in (os.environ.get("PYTHONPATH"), str(ROOT)) if path]
    return ours | {"PYTHONPATH": os.pathsep.join(paths)} | dict(environment)


def _await_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if ready := READY.search(log.read_text(errors="replace")):
            return int(ready[1])
        if ended:
            raise BenchmarkFailed("it did not start")
        time.sleep(0.02)
    raise BenchmarkFailed(f"it is not ready after {START_SECONDS:.0f} s")
