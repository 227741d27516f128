"""A disk that can lose its power: what was not synced by then is gone."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.skips import NO_MOUNT

SIZE = 256 * 1024 * 1024
WRITE_BACK_SECONDS = 300
"""Long enough that nothing gets onto the disk by itself during a test."""


class Disk:
    """A file system in a file; a copy of the file holds what a power cut would leave."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._image = folder / "disk.img"
        self._numbers = itertools.count()

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """Make the file system, and give the folder where it is to be found."""
        self._image.touch()
        os.truncate(self._image, SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True)
        with _mounted(self._image, self._folder / "disk", f"commit={WRITE_BACK_SECONDS}") as place:
            yield place

    @contextmanager
    def after_a_cut(self) -> Iterator[Path]:
        """Give the folder as it is found when the power comes back; whoever writes is stopped."""
        name = f"cut-{next(self._numbers)}"
        image = self._folder / f"{name}.img"
        subprocess.run(["cp", "--sparse=always", self._image, image], check=True)
        with _mounted(image, self._folder / name, "defaults") as place:
            yield place
        image.unlink()


@contextmanager
def disk(folder: Path) -> Iterator[tuple[Disk, Path]]:
    """Give a disk and the folder where it is mounted; skip where this user may mount nothing."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip(NO_MOUNT)
    made = Disk(folder)
    with made.mounted() as place:
        yield made, place


@contextmanager
def _mounted(image: Path, place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-o", f"loop,{options}", str(image), str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip(NO_MOUNT)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()
