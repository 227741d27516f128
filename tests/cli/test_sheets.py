"""What a spreadsheet opens is text, in the right columns."""

from __future__ import annotations

import csv
import io

import pytest

from receiver.cli import sheets
from receiver.cli.exporting import Kind


def read(written: bytes) -> list[list[str]]:
    """Read CSV as others do."""
    return [*csv.reader(io.StringIO(written.decode(), newline=""))]


def cells(kind: str, value: object) -> dict[str, str]:
    """Return the cells of one row, by the names of their columns."""
    [names, cells] = read(sheets.heading(kind) + sheets.rows(kind, [value]))
    return dict(zip(names, cells, strict=True))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_what_would_be_calculated_is_text(first: str) -> None:
    text = f'{first}HYPERLINK("https://x";"y")'
    assert cells("messages", {"text": text})["text"] == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "hello", "1+1=2", " a", "'=", "żółw 🐢", 'a "b", c', "a\r\nb"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cells("messages", {"text": text})["text"] == text


def test_names_are_made_harmless_too() -> None:
    value = {"sender": {"name": "=1", "phone": "+15550100011"}, "media": {"filename": "-x.pdf"}}
    shown = cells("messages", value)
    names = ("sender.name", "sender.phone", "media.filename")
    assert [shown[name] for name in names] == ["'=1", "'+15550100011", "'-x.pdf"]


def test_a_number_stays_one() -> None:
    place = {"latitude": -38.5, "longitude": 0}
    shown = cells("messages", {"id": 7, "location": place})
    assert [shown[f"location.{name}"] for name in place] == ["-38.5", "0"]
    assert (shown["id"], shown["sender.name"]) == ("7", "")


def test_lines_end_as_the_standard_has_it() -> None:
    written = sheets.heading("events") + sheets.rows("events", [{"seq": 1}, {"seq": 2}])
    assert written.count(b"\r\n") == written.count(b"\n") == 3
    assert written.endswith(b"\r\n")


def test_every_kind_has_its_columns() -> None:
    assert [*sheets.COLUMNS] == [*Kind]


def test_nothing_is_no_row() -> None:
    assert sheets.rows("messages", []) == b""
