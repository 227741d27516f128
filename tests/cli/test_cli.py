"""The command line as a whole: exit 0, 1 failed, 2 wrong use, and no weight it needn't carry."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.processes import command, environment


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
