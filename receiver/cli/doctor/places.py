"""Checks of where a SQLite file is, without opening it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from receiver import serving
from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, failed, ok, warning
from receiver.store import condition

LITTLE_ROOM = 1024**3
NO_ROOM = 256 * 1024**2
"""The WAL alone takes half of this between two checkpoints."""
LARGE_WAL = 512 * 1024**2


def place(case: Case) -> Iterator[Finding]:
    """Find out whether the file is there, and can be written with all that stands beside it."""
    file = case.database.file
    if file is None:
        return
    if not file.parent.is_dir():
        yield failed(f"{file.parent} is no folder", "make it, or set RECEIVER_DATABASE_URL")
    elif locked := [one for one in _needed(file) if not os.access(one, os.W_OK)]:
        yield failed(
            f"{' and '.join(map(str, locked))} can't be written",
            f"give them to the user of the receiver (this is the user with id {os.getuid()})",
        )
    elif file.exists():
        yield ok(f"{file}, {_size(file.stat().st_size)}")
    elif serving.lock_file(file).exists():
        yield failed(
            f"{file} is gone, and was there before",
            "bring it back, or restore a backup; `receiver serve` would begin with an empty one",
        )
    else:
        yield warning(
            f"there is no database {file} yet",
            "`receiver serve` makes one; if there should be one, run this in its folder",
        )


def owner(case: Case) -> Iterator[Finding]:
    """Tell whether a process has the file for itself."""
    if case.file:
        owned = serving.is_owned(case.file)
        yield ok(f"{'a receiver uses' if owned else 'no receiver uses'} the file at this moment")


def disk(case: Case) -> Iterator[Finding]:
    """Find out whether there is room for more."""
    file = case.database.file
    if file is None or not file.parent.is_dir():
        return
    free = shutil.disk_usage(file.parent).free
    advice = f"make room, or move {file.name} to a larger disk and set RECEIVER_DATABASE_URL"
    if free < NO_ROOM:
        yield failed(f"only {_size(free)} are free in {file.parent}", advice)
    elif free < LITTLE_ROOM:
        yield warning(f"only {_size(free)} are free in {file.parent}", advice)
    else:
        yield ok(f"{_size(free)} are free")


def sqlite_library(case: Case) -> Iterator[Finding]:
    """Find a SQLite that may, very rarely, damage a file in WAL mode."""
    if case.database.file is None:
        return
    version = condition.sqlite_version(case.database)
    if version >= condition.SOUND_SQLITE:
        yield ok(f"SQLite {_dotted(version)}")
    else:
        yield warning(
            f"SQLite {_dotted(version)} has a bug, very rarely met, that can damage a file in WAL "
            f"mode; {_dotted(condition.SOUND_SQLITE)} has it no more",
            "`pip install -U pysqlite3` brings a newer one where there is a wheel of it; elsewhere "
            "use a Python with a newer SQLite, or PostgreSQL",
        )


def journal_mode(case: Case) -> Iterator[Finding]:
    """Find a file that is not in WAL mode, which every receiver sets."""
    if not case.file:
        return
    if condition.keeps_wal(case.file):
        yield ok("WAL")
    else:
        yield warning(
            "the file is not in WAL mode, as one restored from a backup may be",
            "`receiver serve` sets it; if it stays so, the file system can't do it: use another",
        )


def wal(case: Case) -> Iterator[Finding]:
    """Find a WAL that grows because somebody keeps reading an old state."""
    file = case.file and case.file.with_name(f"{case.file.name}-wal")
    if not file:
        return
    size = file.stat().st_size if file.exists() else 0
    if size > LARGE_WAL:
        yield warning(
            f"{file} has grown to {_size(size)}",
            "end what reads the database all the time (a backup, a shell), then restart the "
            "receiver, which empties it",
        )
    else:
        yield ok(f"the WAL has {_size(size)}")


PLACE = (place,)
BESIDE = (owner, disk, sqlite_library)
INSIDE = (journal_mode, wal)


def _needed(file: Path) -> Iterator[Path]:
    """Return what the receiver has to write to, as far as it is there."""
    yield file.parent
    beside = [file.with_name(f"{file.name}{end}") for end in ("", "-wal", "-shm")]
    yield from (one for one in (*beside, serving.lock_file(file)) if one.exists())


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"
