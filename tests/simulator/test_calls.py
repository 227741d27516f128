"""Answers, and what a query says."""

from __future__ import annotations

import json

from receiver.simulator import calls
from receiver.simulator.calls import Call


def test_a_refusal_comes_with_http_200() -> None:
    refused = calls.refuse("Lib not loaded", "W05")
    assert refused.status == 200
    assert json.loads(refused.body) == {
        "success": False,
        "code": "W05",
        "message": "Lib not loaded",
    }


def test_a_refusal_without_a_code_has_none() -> None:
    assert json.loads(calls.refuse("no").body) == {"success": False, "message": "no"}


def test_a_number_that_is_none_is_the_default() -> None:
    call = Call(method="GET", path="/", query={"page": "2", "count": "many"})
    assert (call.number("page", 0), call.number("count", 50), call.number("x", 1)) == (2, 50, 1)
