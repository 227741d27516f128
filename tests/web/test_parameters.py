"""What a request may ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request

from receiver.errors import RequestError
from receiver.store.views.shapes import Cursor
from receiver.web import parameters
from receiver.web.parameters import Moment, Number, Paged, Truth


class Wanted(Paged):
    """What the tests ask for."""

    id: Number = 0
    since: Moment | None = None
    unread: Truth | None = None
    text: str | None = None


def read(query: str, **in_path: str) -> Wanted:
    scope: dict[str, Any] = {
        "type": "http", "query_string": query.encode(), "path_params": in_path, "headers": []
    }  # fmt: skip
    return parameters.read(Request(scope), Wanted)


def test_what_is_not_given_has_its_default() -> None:
    assert read("") == Wanted(limit=50)


def test_everything_is_taken_at_its_type() -> None:
    found = read("limit=200&cursor=17.3&unread=false&text=a%00b", id="5")
    assert (found.limit, found.cursor, found.unread) == (200, Cursor(17, 3), False)
    assert (found.id, found.text) == (5, "a\ufffdb")
    assert read("", text="a\0b").text == "a\ufffdb"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-02-06T10:23:54Z", 1_707_215_034_000),
        ("2024-02-06t10:23:54z", 1_707_215_034_000),
        ("2024-02-06 10:23:54.5Z", 1_707_215_034_500),
        ("2024-02-06T12:23:54.0019%2B02:00", 1_707_215_034_001),
        ("2024-02-06T12:23:54+02:00", 1_707_215_034_000),
        ("2024-02-06T07:53:54-02:30", 1_707_215_034_000),
        ("2016-12-31T23:59:60Z", 1_483_228_799_000),
        ("0001-01-01T00:00:00%2B23:59", -62_135_683_140_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it(written: str, moment: int) -> None:
    """A leap second is a second too, and a + that was not escaped still means one."""
    assert read(f"since={written}").since == moment


def test_a_time_agrees_with_the_library() -> None:
    now = datetime(2026, 2, 3, 4, 5, 6, 789_000, UTC)
    assert read(f"since={now.isoformat().replace('+', '%2B')}").since == now.timestamp() * 1000


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "since=2024-13-01T00:00:00Z",
        "since=2024-02-06T10:23:61Z",
        "unread=1",
        "cursor=1-2",
        "text=a&text=a",
        "other=1",
    ],
)
def test_what_can_not_be_is_refused_by_name(query: str) -> None:
    with pytest.raises(RequestError) as refused:
        read(query)
    assert refused.value.status == 400
    assert query.partition("=")[0] in refused.value.detail


@pytest.mark.parametrize("id", ["x", "-1", "1.5", "9" * 19, "²", ""])
def test_a_path_that_names_nothing_is_not_found(id: str) -> None:
    with pytest.raises(RequestError) as refused:
        read("", id=id)
    assert (refused.value.status, refused.value.detail) == (404, "")


def test_a_part_of_the_path_can_not_come_from_the_query() -> None:
    with pytest.raises(RequestError, match="id"):
        read("id=6", id="5")
