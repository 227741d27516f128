"""Calls and what is told of them are matched without trying every pair."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from receiver.store import matching
from receiver.store.matching import Pairs, Sent, Stranger
from tests.store.recorded import NOW
from tests.store.sends import MINUTE, name_made

MANY = 5_000
CPU_SECONDS = 2.0
"""A tenth of it is enough; to try every pair takes many times as much."""


def call(number: int, *, at: int, text: str = "hello", answered: bool = False) -> Sent:
    status, answered_at = ("accepted", at) if answered else ("unknown", None)
    return Sent(number, 1, "text", text, status, at, answered_at)


def name(number: int, *, at: int) -> Stranger:
    msg_id = name_made(timedelta(seconds=1), at=at, number=number % 1000)
    return Stranger(MANY + number, 1, None, None, msg_id, at + 2_000, at + 2_000)


def echo(number: int, *, at: int, text: str = "hello") -> Stranger:
    return Stranger(MANY + number, 1, "text", text, None, at + 1_000, at + 2_000)


def numbers(pairs: Pairs) -> list[tuple[int, int]]:
    return [(one.id, stranger.id - MANY) for one, stranger in pairs]


def times(apart: int) -> Sequence[int]:
    return range(NOW, NOW + MANY * apart, apart)


@pytest.mark.parametrize("apart", [15 * MINUTE, 1_000, 1], ids=["far", "near", "at once"])
def test_thousands_of_one_conversation_are_matched_quickly(apart: int) -> None:
    calls = [call(n, at=at) for n, at in enumerate(times(apart))]
    told = [name(n, at=at) for n, at in enumerate(times(apart))]
    echoed = [echo(n, at=at) for n, at in enumerate(times(apart))]
    began = time.thread_time()
    pairs = matching.names(calls, told), matching.echoes(calls, echoed)
    assert time.thread_time() - began < CPU_SECONDS
    # Those that are near each other may be taken for one another, and so are for none.
    one_each = [(n, n) for n in range(MANY)] if apart > 10 * MINUTE else []
    assert [*map(numbers, pairs)] == [one_each, one_each]


def test_thousands_of_texts_that_differ_are_matched_quickly() -> None:
    calls = [call(n, at=at, text=f"{n}") for n, at in enumerate(times(1))]
    echoed = [echo(n, at=at, text=f"{n}") for n, at in enumerate(times(1))]
    began = time.thread_time()
    pairs = matching.echoes(calls, echoed)
    assert time.thread_time() - began < CPU_SECONDS
    assert numbers(pairs) == [(n, n) for n in range(MANY)]


def test_an_echo_may_be_of_what_was_answered_long_before() -> None:
    old = call(1, at=NOW - 600 * MINUTE, answered=True)
    later = call(2, at=NOW)
    assert numbers(matching.echoes([later], [echo(3, at=NOW)])) == [(2, 3)]
    assert matching.echoes([old, later], [echo(3, at=NOW)]) == []


def test_what_was_there_before_the_call_is_not_of_it() -> None:
    later = call(MANY + 9, at=NOW)
    assert matching.echoes([later], [echo(3, at=NOW)]) == []
    assert matching.names([later], [name(3, at=NOW)]) == []
