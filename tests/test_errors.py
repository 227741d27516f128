"""The tree of exceptions is what its docstring shows."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta

from receiver import errors
from receiver.errors import ApiRefused, ApiUnavailable, ReceiverError, RequestError


def classes() -> dict[str, type[Exception]]:
    return {
        name: thing
        for name, thing in vars(errors).items()
        if inspect.isclass(thing) and issubclass(thing, Exception)
    }


def test_the_docstring_shows_the_tree() -> None:
    shown: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"((?:│   |    )*(?:[├└]── )?)([A-Z]\w+)", line):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            if depth:
                shown[found[2]] = above[depth - 1]
    real = {name: cls.__base__.__name__ for name, cls in classes().items() if cls.__base__}
    assert real.pop("ReceiverError") == "Exception"
    assert shown == real


def test_each_is_ours_and_says_what_it_means() -> None:
    for cls in classes().values():
        assert issubclass(cls, ReceiverError)
        assert cls.__doc__
        assert "\n" not in cls.__doc__


def test_a_request_error_keeps_its_status_and_detail() -> None:
    error = RequestError(404, "no message 17")
    assert (error.status, error.detail, str(error)) == (404, "no message 17", "no message 17")


def test_what_maytapi_said_is_kept_in_parts() -> None:
    error = ApiRefused("Options are required.", code="F04", http_status=200)
    assert str(error) == "Options are required. (F04)"
    assert (error.message, error.code, error.http_status) == ("Options are required.", "F04", 200)
    assert str(ApiRefused("instance not found")) == "instance not found"


def test_when_to_come_back_is_kept() -> None:
    assert ApiUnavailable("busy", retry_after=timedelta(seconds=3)).retry_after == timedelta(
        seconds=3
    )
    assert ApiUnavailable("busy").retry_after is None
