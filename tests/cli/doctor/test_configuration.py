"""The settings: wrong ones, unknown ones, secrets that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.doctor.conftest import Examine
from tests.databases import only_sqlite

pytestmark = only_sqlite


def test_a_wrong_setting_is_all_that_can_be_told(examine: Examine) -> None:
    examined = examine(PORT="many")
    assert examined.bad() == {("settings", "failed")}
    assert len(examined.lines) == 1
    assert "RECEIVER_PORT" in examined.one("settings")[1]


def test_an_unknown_one_is_named_with_what_may_be_meant(examine: Examine) -> None:
    assert examine().one("settings")[0] == "ok"
    assert examine(API_KAY="x").of("settings") == [
        (
            "warning",
            "RECEIVER_API_KAY is no setting, and does nothing: did you mean RECEIVER_API_KEY?",
        )
    ]


def test_secrets_that_can_be_guessed_are_found(examine: Examine) -> None:
    assert examine().one("secrets")[0] == "ok"
    verdict, detail = examine(API_KEY="long-enough-for-this,short").one("secrets")
    assert verdict == "warning"
    assert detail.startswith("RECEIVER_API_KEY has less than 12 characters")


def test_secrets_that_are_not_set_will_be_made(examine: Examine) -> None:
    verdict, detail = examine(API_KEY="").one("secrets")
    assert verdict == "ok"
    assert "first `receiver serve`" in detail


@pytest.mark.parametrize("name", [".env", "receiver.db"])
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_files_that_others_can_read_are_found(
    examine: Examine, tmp_path: Path, name: str, mode: int
) -> None:
    (tmp_path / ".env").touch(0o600)
    (tmp_path / "receiver.db").chmod(0o600)
    assert examine().one("privacy")[0] == "ok"
    file = tmp_path / name
    file.chmod(mode)
    told = f"{file} can be read by others on this machine: `chmod 600 {file}`"
    assert examine().of("privacy") == [("warning", told)]


def test_without_such_files_there_is_nothing_to_say(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "receiver.db").unlink()
    assert examine().of("privacy") == []
