"""Tables and JSON."""

from __future__ import annotations

import json

import pytest
from rich.text import Text

from receiver.cli import showing


def test_json_is_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"a": [1, None, True], "name": "żółw"}
    showing.as_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "żółw" in out


def test_a_table_shows_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    showing.as_table(("a", "b", "c", "d"), [(1, None, True, "[bold]x[/bold]"), (0, "", False, "y")])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["1", "yes", "[bold]x[/bold]"] in lines
    assert ["0", "no", "y"] in lines


def test_a_cell_may_have_a_style(capsys: pytest.CaptureFixture[str]) -> None:
    showing.as_table(("a",), [(Text("[fine]", "green"),)])
    assert "[fine]" in capsys.readouterr().out


def test_a_long_cell_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A URL must be whole to be compared or copied."""
    showing.as_table(("url",), [("https://my.host/" + "x" * 300,)])
    assert "x" * 300 in capsys.readouterr().out


def test_progress_is_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    with showing.progress("working") as told:
        told(1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_tells_a_person_at_what_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with showing.progress("looking at") as told:
        told(at="account")
    out, err = capsys.readouterr()
    assert (out, "looking at account" in err) == ("", True)
