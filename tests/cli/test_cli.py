"""The command line as a whole: exit 0, 1 failed, 2 wrong use, and no weight it needn't carry."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.processes import command, environment
from tests.waiting import NET


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2), (["nonsense"], 2)])
def test_the_exit_code_tells_wrong_use(tmp_path: Path, arguments: list[str], code: int) -> None:
    done = command(*arguments, folder=tmp_path, env=environment(""))
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command(tmp_path: Path) -> None:
    done = command("--help", folder=tmp_path, env=environment(""))
    commands = {
        "serve",
        "migrate",
        "webhook",
        "send",
        "phones",
        "product",
        "status",
        "screen",
        "qr",
    }
    operating = {"doctor", "handlers", "dead", "retry", "replay", "pause", "resume", "export"}
    assert commands | operating | {"restart", "logout"} <= set(done.stdout.split())


def test_help_waits_for_no_database_and_no_network_library() -> None:
    program = "import sys, receiver.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"sqlmodel", "sqlalchemy", "starlette", "uvicorn", "httpx2"}
    assert heavy & set(done.stdout.split()) == set()


def test_the_version_is_told(tmp_path: Path) -> None:
    done = command("--version", folder=tmp_path, env=environment(""))
    assert (done.returncode, done.stdout) == (
        0,
        f"maytapi-receiver {version('maytapi-receiver')}\n",
    )


def _into(output: int, folder: Path, unbuffered: str, *arguments: str) -> tuple[int, str]:
    """Run a command whose output leads there; return its exit code, and what else it says."""
    done = subprocess.run(
        [sys.executable, "-m", "receiver", *arguments],
        cwd=folder, env=environment("") | {"PYTHONUNBUFFERED": unbuffered}, timeout=NET,
        stdout=output, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(output)
    return done.returncode, done.stderr


PRINTING = pytest.mark.parametrize(
    "arguments", [("--version",), ("simulate", "--port", "0"), ("demo",)]
)
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])


@PRINTING
@UNBUFFERED
def test_who_reads_nothing_hears_no_complaint(
    tmp_path: Path, arguments: tuple[str, ...], unbuffered: str
) -> None:
    """As in `receiver simulate | head -0`."""
    reading, writing = os.pipe()
    os.close(reading)
    code, said = _into(writing, tmp_path, unbuffered, *arguments)
    assert (code, _complaints(said)) == (1, [])


@PRINTING
@UNBUFFERED
def test_output_that_can_not_be_written_is_told_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], unbuffered: str
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    code, said = _into(full, tmp_path, unbuffered, *arguments)
    assert (code, _complaints(said)) == (1, ["receiver: [Errno 28] No space left on device"])


def _complaints(said: str) -> list[str]:
    """Return the lines that are no log: the demo's receiver is not set up as it should be yet."""
    return [line for line in said.splitlines() if not line.startswith("WARNING ")]


def test_help_is_filled_to_the_width_of_the_terminal(tmp_path: Path) -> None:
    done = command("export", "--help", folder=tmp_path, env=environment("") | {"COLUMNS": "140"})
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.startswith("It ends with") and "A file is there when" in line for line in lines)
