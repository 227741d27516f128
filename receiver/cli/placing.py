"""A file that is there whole, or not at all."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import mkstemp
from time import time
from types import FrameType
from typing import BinaryIO

from receiver.errors import StartError

PREFIX, SUFFIX = ".export-", ".part"
"""Of what is written, until it is whole; a killed process leaves it, the next one removes it."""
FRESH = timedelta(minutes=1)


@contextmanager
def placed(target: Path, *, replaces: bool = False) -> Iterator[BinaryIO]:
    """Open what becomes this file, for its owner alone, once all is written and on disk.

    Whatever breaks it off, also Ctrl-C and SIGTERM, what was there before is there after it.

    Raises:
        StartError: it is there, and not to be replaced; or it can't be written.
    """
    try:
        _check(target, replaces)
        _sweep(target.parent)
        descriptor, name = mkstemp(dir=target.parent, prefix=PREFIX, suffix=SUFFIX)
        part = Path(name)
        try:
            with suppress(OSError):  # where there are no locks, nothing is removed either
                _lock(descriptor)
            with _ended_in_order(), open(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _check(target, replaces)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except OSError as error:
        raise StartError(
            f"{target} can't be written ({error.strerror}), and nothing of it is left: "
            "name a place that has room and takes it"
        ) from error


def _check(target: Path, replaces: bool) -> None:
    if target.exists() and not target.is_file():
        raise StartError(f"{target} is no file: name one, or leave --to out for the output")
    if target.exists() and not replaces:
        raise StartError(f"{target} is there already: name another file, or add --force")


def _sweep(folder: Path) -> None:
    """Remove what killed processes have left: a living one holds a lock on what it writes."""
    for left in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError), open(left, "r+b") as file:
            _lock(file.fileno())
            # A newer one may be about to be locked.
            if time() - left.stat().st_mtime > FRESH.total_seconds():
                left.unlink()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":  # pragma: no cover - what is open there is not removed
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end what goes on as Ctrl-C does, so that it can clean up."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _sync_folder(folder: Path) -> None:
    """Let the name last, too: until its folder is synced a power cut may take it back."""
    if sys.platform == "win32":  # pragma: no cover - opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
