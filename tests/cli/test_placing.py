"""A file is there whole, or not at all; what was there before stays until then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from receiver.cli.placing import placed
from receiver.errors import StartError


def test_a_file_is_there_once_all_is_written_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with placed(target) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [*tmp_path.iterdir()] == [target]


def test_it_is_on_disk_before_it_has_its_name_and_so_is_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(descriptor: int) -> None:
        done.append(f"sync {os.readlink(f'/proc/self/fd/{descriptor}')}")
        sync(descriptor)

    def noted_replace(path: Path, target: Path) -> Path:
        done.append(f"name {target}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    with placed(tmp_path / "file") as file:
        file.write(b"whole")
        part = file.name
    assert isinstance(part, int)
    assert done[0].startswith(f"sync {tmp_path}/.export-")
    assert done[1:] == [f"name {tmp_path / 'file'}", f"sync {tmp_path}"]


def write_half(target: Path, number: int) -> None:
    """Write over a file until a signal comes."""
    with placed(target, replaces=True) as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "ends"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_what_is_broken_off_leaves_nothing(
    tmp_path: Path, number: int, ends: type[BaseException]
) -> None:
    target, before = tmp_path / "file", signal.getsignal(signal.SIGTERM)
    target.write_text("before")
    with pytest.raises(ends):
        write_half(target, number)
    assert [*tmp_path.iterdir()] == [target]
    assert target.read_text() == "before"
    assert signal.getsignal(signal.SIGTERM) is before


KILLED = """
import os, signal, sys
from pathlib import Path
from receiver.cli.placing import placed

opened = placed if sys.argv[1] == "placed" else lambda target: open(target, "wb")
with opened(Path("file")) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("how", "is_there"), [("placed", False), ("opened", True)])
def test_a_killed_process_leaves_no_half_file(tmp_path: Path, how: str, is_there: bool) -> None:
    """The control: where it is opened by its name, half of it is there."""
    program = [sys.executable, "-c", KILLED, how]
    assert subprocess.run(program, cwd=tmp_path, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / "file").exists() == is_there


def _aged(part: Path) -> Path:
    """Let it be an hour since this was last written."""
    os.utime(part, times=(part.stat().st_atime, part.stat().st_mtime - 3600))
    return part


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, "placed"], cwd=tmp_path, check=False)
    [left] = tmp_path.iterdir()
    with placed(tmp_path / "file") as file:
        file.write(b"whole")
        assert left.exists(), "it may be about to be locked"
    _aged(left)
    with placed(tmp_path / "other") as file:
        assert not left.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"file", "other"}


def test_what_is_still_written_is_left_alone(tmp_path: Path) -> None:
    with placed(tmp_path / "file") as file:
        [part] = tmp_path.iterdir()
        _aged(part)
        with placed(tmp_path / "other"):
            pass
        file.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_what_is_there_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    with pytest.raises(StartError, match="--force"), placed(target):
        raise AssertionError
    assert target.read_text() == "before"
    with placed(target, replaces=True) as file:
        file.write(b"after")
    assert target.read_text() == "after"


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with pytest.raises(StartError, match="--force"), placed(target):
        target.write_text("theirs")
    assert target.read_text() == "theirs"
    assert [*tmp_path.iterdir()] == [target]


def test_a_device_is_not_replaced_by_a_file() -> None:
    with pytest.raises(StartError, match="is no file"), placed(Path(os.devnull), replaces=True):
        raise AssertionError
    assert not Path(os.devnull).is_file()


def test_it_is_said_where_it_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No such file or directory"), placed(tmp_path / "a" / "b"):
        raise AssertionError


def test_it_is_said_when_the_disk_is_full(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        with open("/dev/full", "wb", buffering=0) as full:
            os.dup2(full.fileno(), file.fileno())
        file.write(b"more than there is room for")
        file.flush()

    with pytest.raises(StartError, match="No space left"), placed(tmp_path / "file") as file:
        fill(file)
    assert [*tmp_path.iterdir()] == []
