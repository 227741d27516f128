"""The README's code works as it stands: typed by hand into an empty folder, with a real server."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from receiver.testing import message
from tests import payloads
from tests.databases import only_sqlite
from tests.processes import Receiver, command, environment
from tests.waiting import until

README = (Path(__file__).parent.parent / "README.md").read_text()
SECTION = README.partition("## Write a handler")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    """Return the section's blocks of code."""
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with nothing in it but the README's handlers."""
    [handlers, test] = blocks("python")
    (tmp_path / "support.py").write_text(handlers)
    (tmp_path / "try_support.py").write_text(test)
    return tmp_path


def commands() -> list[list[str]]:
    """Return the commands that operate handlers, as their arguments."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines]


@only_sqlite
def test_the_handlers_run_and_are_operated_as_it_says(
    folder: Path, start: Callable[..., Receiver], database_url: str
) -> None:
    receiver = start(database_url, handlers="support:router")
    until(lambda: len(receiver.get("/handlers")["data"]) == 2)
    receiver.post(payloads.dump(message("What is the price?")))
    [sent] = until(lambda: receiver.get("/messages", direction="outgoing")["data"])
    assert (sent["text"], sent["status"]) == ("Our price list: …", "queued")
    until(lambda: all(one["lag"] == 0 for one in receiver.get("/handlers")["data"]))

    env = environment(database_url, handlers="support:router")
    assert len(commands()) >= 6
    for arguments in commands():
        done = command(*arguments, folder=folder, env=env)
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert command(*arguments, "--json", folder=folder, env=env).returncode == 0
    shown = {one["name"]: one["paused"] for one in receiver.get("/handlers")["data"]}
    assert shown == {"support.answer": True, "support.seen": False}
    assert len(receiver.get("/messages", direction="outgoing")["data"]) == 1
    assert receiver.stop() == 0


def test_the_test_of_the_handlers_passes(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "try_support.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    support = folder / "support.py"
    support.write_text(support.read_text().replace("Our price list", "No"))
    wrong = subprocess.run(
        [sys.executable, "try_support.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "AssertionError" in wrong.stderr
