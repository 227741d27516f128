"""The checks one after the other: named once, told before, and stopped by what they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from receiver.cli.doctor import examining
from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, Verdict, ok, warning
from receiver.errors import AccountRefused, DatabaseFailed


def fine(case: Case) -> Iterator[Finding]:
    yield ok("fine")


def odd(case: Case) -> Iterator[Finding]:
    yield warning("odd", "look")


def silent(case: Case) -> Iterator[Finding]:
    yield from ()


def broken_in_the_middle(case: Case) -> Iterator[Finding]:
    yield ok("so far")
    raise DatabaseFailed("it is gone: look for it")


def locked(case: Case) -> Iterator[Finding]:
    raise PermissionError(13, "Permission denied", "/secret")
    yield


def refused(case: Case) -> Iterator[Finding]:
    raise AccountRefused("who are you?")
    yield


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def examined(
    monkeypatch: pytest.MonkeyPatch, *chains: tuple[tuple[examining.Check, ...], ...]
) -> tuple[list[tuple[str, Verdict]], list[str]]:
    monkeypatch.setattr(examining, "CHAINS", chains)
    told: list[str] = []
    found = [(line.check, line.verdict) for line in examining.examine(told.append)]
    return found, told


def test_each_check_has_a_name_of_its_own() -> None:
    names = Counter(
        check.__name__ for chain in examining.CHAINS for link in chain for check in link
    )
    assert names.total() > 15
    assert set(names.values()) == {1}


def test_a_chain_ends_where_all_is_not_in_order_and_the_next_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, told = examined(monkeypatch, ((silent,), (odd, fine), (refused,)), ((fine,),))
    assert found == [("odd", Verdict.WARNING), ("fine", Verdict.OK), ("fine", Verdict.OK)]
    assert told == ["silent", "odd", "fine", "fine"]


def test_what_a_check_raises_is_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "CHAINS", (((broken_in_the_middle, refused),),))
    lines = list(examining.examine(lambda name: None))
    assert [(line.check, line.verdict.value, line.detail) for line in lines[:2]] == [
        ("broken in the middle", "ok", "so far"),
        ("broken in the middle", "failed", "it is gone: look for it"),
    ]
    assert "check RECEIVER_MAYTAPI_PRODUCT_ID" in lines[2].detail


def test_what_this_user_may_not_see_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "CHAINS", (((locked,),),))
    [line] = examining.examine(lambda name: None)
    assert line == (
        "locked", Verdict.FAILED,
        "can't be looked at (Permission denied): run this as the user of the receiver",
    )  # fmt: skip
