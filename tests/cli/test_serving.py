"""The commands that run the receiver: what they say, and to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import command, environment


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["serve", "--help"], 0),
        (["serve", "--nonsense"], 2),
        (["serve", "nonsense"], 2),
    ],
)
def test_wrong_use_starts_nothing(tmp_path: Path, arguments: list[str], code: int) -> None:
    done = command(*arguments, folder=tmp_path, env=environment(""))
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_one_sentence_and_exit_1(tmp_path: Path) -> None:
    done = command("migrate", folder=tmp_path, env=environment("nonsense"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "receiver: RECEIVER_DATABASE_URL is no database URL\n"


def test_a_success_says_what_was_done(tmp_path: Path) -> None:
    done = command("migrate", folder=tmp_path, env=environment(""))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"the schema of {tmp_path / 'receiver.db'} is up to date\n"
