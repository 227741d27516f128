"""What the views share."""

from __future__ import annotations

import orjson
import pytest

from receiver.store.views import shapes
from receiver.store.views.shapes import Cursor


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (None, None),
        (0, None),
        (1, "1970-01-01T00:00:00.001Z"),
        (1_707_216_634_000, "2024-02-06T10:50:34Z"),
        (1_707_216_634_050, "2024-02-06T10:50:34.050Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_times_are_written_in_utc(milliseconds: int | None, written: str | None) -> None:
    assert shapes.timestamp(milliseconds) == written


def test_kept_json_is_passed_on_to_the_letter() -> None:
    assert orjson.dumps([shapes.json('{"a": 1.0}'), shapes.json(None)]) == b'[{"a": 1.0},null]'


def test_a_page_that_is_full_and_the_last_has_no_cursor() -> None:
    def cut(found: list[int]) -> tuple[list[int], str | None]:
        page = shapes.page(found, 2, views=list, cursor=lambda row: row)  # type: ignore[arg-type]
        return [*page.data], page.next  # type: ignore[list-item]

    assert cut([]) == ([], None)
    assert cut([5, 4]) == ([5, 4], None)
    assert cut([5, 4, 3]) == ([5, 4], "4")


def test_a_cursor_is_written_as_it_is_read() -> None:
    assert str(Cursor(1_707_216_634_000, 17)) == "1707216634000.17"
