"""`python -m receiver`."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.processes import command, environment


def test_it_is_the_command_receiver(tmp_path: Path) -> None:
    as_module = command("migrate", folder=tmp_path, env=environment("nonsense"))
    as_command = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "receiver", "migrate"],
        env=environment("nonsense"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert as_module.returncode == as_command.returncode == 1
    assert as_module.stderr == as_command.stderr != ""


def test_it_does_nothing_when_it_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import receiver.__main__"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
