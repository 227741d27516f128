"""The shapes that calls and answers share."""

from __future__ import annotations

import traceback

import pytest

from receiver.errors import Unreadable
from receiver.maytapi.answers import Done, History, Queue
from receiver.maytapi.calls.making import acting, part, posting, reading, whole


def test_a_query_holds_what_is_given() -> None:
    call = reading("a", "b", read=whole(Done), x=1, y=None, z=True, w="t")
    assert (call.method, call.path) == ("GET", ("a", "b"))
    assert call.query == {"x": "1", "z": "true", "w": "t"}


def test_only_reading_may_be_repeated() -> None:
    read = whole(Done)
    assert reading("a", read=read).only_reads is True
    assert posting("a", read=read).only_reads is False
    assert acting("a").only_reads is False
    assert acting("a").method == "GET"


@pytest.mark.parametrize("value", [None, b"", [], {}, {"other": 1}, "text"])
def test_a_missing_part_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="queues is missing"):
        part("queues", list[Queue])(value)


@pytest.mark.parametrize("value", [None, b"OK", [], {}, {"message": "no such route"}])
def test_nothing_is_done_without_success(value: object) -> None:
    with pytest.raises(Unreadable):
        whole(Done)(value)


def test_what_is_wrong_is_told_without_what_came() -> None:
    private = {"users": {"15550100011@c.us": "the cat"}, "messages": []}
    with pytest.raises(Unreadable, match=r"^users: Input should be a valid dictionary") as wrong:
        whole(History)(private)
    told = "".join(traceback.format_exception(wrong.value))
    assert "15550100011" not in told
    assert "cat" not in told
