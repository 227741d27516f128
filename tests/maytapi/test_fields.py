"""Fields are read one by one, and none of them is trusted."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.errors import Unreadable
from receiver.maytapi.fields import MAX_ID_CHARACTERS, Fields

FIRST_MS = 10**12
FIRST_US = 10**15
LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z"""


def fields(**value: Any) -> Fields:
    return Fields(value, [])


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("abc", "abc"),
        (" abc\n", "abc"),
        ("a b", "a b"),
        ("0", "0"),
        (12345, "12345"),
        (0, "0"),
        (-1, "-1"),
        (2**64 - 1, "18446744073709551615"),
        (-(2**70), "-1180591620717411303424"),
        ("x" * MAX_ID_CHARACTERS, "x" * MAX_ID_CHARACTERS),
        (None, None),
        ("", None),
        (" \t", None),
    ],
)
def test_an_id_is_text_whether_written_as_string_or_integer(found: Any, text: str | None) -> None:
    one = fields(id=found)
    assert one.identifier("id") == one.label("id") == text
    assert one.problems == []


@pytest.mark.parametrize(
    "found",
    [
        True,
        False,
        1.0,
        1.18e21,
        [],
        ["a"],
        {},
        {"_serialized": "a"},
        "x" * (MAX_ID_CHARACTERS + 1),
        10**256,
    ],
    ids=lambda found: str(found)[:12],
)
def test_what_is_no_id_is_never_guessed(found: Any) -> None:
    one = fields(id=found)
    with pytest.raises(Unreadable, match="id is no id"):
        one.identifier("id")
    assert one.problems == []


@pytest.mark.parametrize("found", [True, 1.0, [], {}, "x" * (MAX_ID_CHARACTERS + 1)])
def test_an_id_that_tells_nothing_apart_is_noted_and_absent(found: Any) -> None:
    one = fields(id=found)
    assert one.label("id") is None
    assert one.problems == ["id is no id"]


@pytest.mark.parametrize("absent", [{}, {"phone_id": None}, {"phone_id": ""}, {"phone_id": "  "}])
def test_the_next_name_serves_where_the_first_is_blank(absent: dict[str, Any]) -> None:
    one = fields(**absent, phoneId=7)
    assert one.identifier("phone_id", "phoneId") == "7"
    assert one.label("phone_id", "phoneId") == "7"


def test_the_first_name_wins() -> None:
    one = fields(phoneId=1, phone_id=2)
    assert one.identifier("phone_id", "phoneId") == "2"


def test_an_absent_id_is_none_without_a_note() -> None:
    one = fields()
    assert (one.identifier("id"), one.label("id"), one.problems) == (None, None, [])


def test_the_first_text_that_is_not_empty_is_taken() -> None:
    one = fields(text="", caption="look", third="no")
    assert one.text("text", "caption", "third") == "look"
    assert one.text("text") is None
    assert one.text("nothing") is None
    assert one.problems == []


def test_text_is_left_as_it_is() -> None:
    assert fields(text=" \r\n\u202e=1+1\u200b ").text("text") == " \r\n\u202e=1+1\u200b "


@pytest.mark.parametrize("found", [True, 0, 5, 1.5, [], {}, ["text"]])
def test_what_is_no_text_is_noted_and_the_next_name_serves(found: Any) -> None:
    one = fields(text=found, caption="look")
    assert one.text("text", "caption") == "look"
    assert one.problems == ["text is no text"]


@pytest.mark.parametrize(
    ("found", "truth"), [(True, True), (False, False), (1, True), (0, False), (None, None)]
)
def test_0_and_1_are_booleans_too(found: Any, truth: bool | None) -> None:
    one = fields(fromMe=found)
    assert one.truth("fromMe") is truth
    assert one.problems == []


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        ("true", True),
        ("True", True),
        (" 1", True),
        ("false", False),
        ("FALSE", False),
        ("0", False),
    ],
)
def test_a_boolean_may_be_told_as_text(found: str, truth: bool) -> None:
    one = fields(fromMe=found)
    assert one.truth("fromMe") is truth
    assert one.problems == []


@pytest.mark.parametrize("found", ["yes", "2", "", 2, -1, 0.5, [], {}, [1]])
def test_what_is_no_boolean_is_noted(found: Any) -> None:
    one = fields(fromMe=found)
    assert one.truth("fromMe") is None
    assert one.problems == ["fromMe is no boolean"]


@pytest.mark.parametrize(
    ("found", "milliseconds"),
    [
        (1, 1_000),
        (1707216634, 1707216634_000),
        (LAST_SECOND, LAST_SECOND * 1000),
        ("1707216634", 1707216634_000),
        ("1707216634.5", 1707216634_500),
        ("1707216634.123456", 1707216634_123),
        (1707216634.25, 1707216634_250),
        (69405063148.54, 69405063148_540),
        (1.707216634e9, 1707216634_000),
        (1707216634123, 1707216634_123),
        ("1707216634123", 1707216634_123),
        (1707216634123.0, 1707216634_123),
        (FIRST_MS, FIRST_MS),
        (LAST_SECOND * 1000 + 999, LAST_SECOND * 1000 + 999),
        (1707216634123456, 1707216634_123),
        ("1707216634123456", 1707216634_123),
        (FIRST_US, FIRST_US // 1000),
        (LAST_SECOND * 1_000_000, LAST_SECOND * 1000),
    ],
)
def test_seconds_milliseconds_and_microseconds_are_told_by_their_size(
    found: Any, milliseconds: int
) -> None:
    one = fields(time=found)
    moment = one.moment("time")
    assert (type(moment), moment, one.problems) == (int, milliseconds, [])


@pytest.mark.parametrize(
    "found",
    [
        0,
        -1,
        -0.5,
        LAST_SECOND + 1,
        FIRST_MS - 1,
        (LAST_SECOND + 1) * 1000,
        LAST_SECOND + 0.9999999,
        FIRST_US - 1,
        (LAST_SECOND + 1) * 1_000_000,
        2**63,
        2**64 - 1,
        1e300,
        "9" * 20,
        "",
        "x",
        "0",
        "-1",
        "+1",
        "1e9",
        "1_000",
        " 1707216634",
        "1707216634\n",
        "1707216634.",
        "١٧٠٧٢١٦٦٣٤",
        "2024-02-06T10:50:34Z",
        True,
        False,
        [],
        [1707216634],
        {},
    ],
)
def test_an_impossible_time_is_noted(found: Any) -> None:
    one = fields(time=found)
    assert one.moment("time") is None
    assert one.problems == ["time is no time"]


def test_an_absent_time_is_none_without_a_note() -> None:
    one = fields(time=None)
    assert (one.moment("time"), one.moment("timestamp"), one.problems) == (None, None, [])


@pytest.mark.parametrize(
    ("found", "integer"),
    [
        (0, 0),
        (-1, -1),
        ("5", 5),
        ("007", 7),
        ("999999999", 999_999_999),
        (2**31 - 1, 2**31 - 1),
        (1 - 2**31, 1 - 2**31),
        (None, None),
    ],
)
def test_a_small_integer_may_be_a_string(found: Any, integer: int | None) -> None:
    one = fields(ackCode=found)
    assert (one.integer("ackCode"), one.problems) == (integer, [])


@pytest.mark.parametrize(
    "found", [True, False, 1.0, 2**31, -(2**31), 2**64, "9999999999", "-5", "²", "", "x", [], {}]
)
def test_what_is_no_small_integer_is_noted(found: Any) -> None:
    one = fields(ackCode=found)
    assert one.integer("ackCode") is None
    assert one.problems == ["ackCode is no integer"]


def test_notes_name_the_place_inside_the_body() -> None:
    event = fields(quoted={"user": {"id": [], "name": 5}})
    quoted = event.part("quoted")
    assert quoted is not None
    user = quoted.part("user")
    assert user is not None
    user.text("name")
    assert event.problems == ["quoted.user.name is no text"]
    with pytest.raises(Unreadable, match=r"quoted\.user\.id is no id"):
        user.identifier("id")


@pytest.mark.parametrize("found", [True, 0, 1.5, "", "x", [], [{}]])
def test_what_is_no_object_is_noted(found: Any) -> None:
    one = fields(user=found)
    assert one.part("user") is None
    assert one.problems == ["user is no object"]


@pytest.mark.parametrize("found", [True, 0, 1.5, "", "x", {}])
def test_what_is_no_array_is_noted(found: Any) -> None:
    one = fields(data=found)
    assert one.elements("data") is None
    assert one.problems == ["data is no array"]


def test_absent_parts_and_arrays_are_none_without_a_note() -> None:
    one = fields(user=None, data=None)
    assert (one.part("user"), one.part("other")) == (None, None)
    assert (one.elements("data"), one.elements("other")) == (None, None)
    assert one.problems == []


def test_an_empty_part_and_an_empty_array_are_there() -> None:
    one = fields(user={}, data=[])
    part = one.part("user")
    assert part is not None
    assert (part.value, one.elements("data"), one.problems) == ({}, [], [])
