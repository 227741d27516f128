"""Waiting: a phone's messages keep their distance, and tries theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from receiver.maytapi import pacing
from receiver.maytapi.pacing import Pace


def test_messages_of_a_phone_keep_their_distance() -> None:
    pace = Pace(2)
    assert [pace.wait("1", now=10.0) for _ in range(3)] == [0.0, 0.5, 1.0]
    assert pace.wait("1", now=11.25) == 0.25
    assert pace.wait("1", now=60.0) == 0.0


def test_phones_do_not_wait_for_each_other() -> None:
    pace = Pace(1)
    assert [pace.wait(phone, now=0.0) for phone in "123"] == [0.0] * 3


def test_without_a_pace_nobody_waits() -> None:
    pace = Pace(None)
    assert {pace.wait("1", now=0.0) for _ in range(100)} == {0.0}


@pytest.mark.parametrize(("tries", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (9, 8)])
def test_pauses_grow_up_to_a_bound(tries: int, seconds: int) -> None:
    assert pacing.pause(tries, None, chance=1.0) == timedelta(seconds=seconds)


def test_pauses_are_spread_by_chance() -> None:
    assert pacing.pause(1, None, chance=0.0) == timedelta(seconds=0.5)


@pytest.mark.parametrize("seconds", [0, 1, 60])
def test_what_was_asked_for_is_kept(seconds: int) -> None:
    asked = timedelta(seconds=seconds)
    assert pacing.pause(1, asked, chance=0.0) == asked


def test_nobody_waits_for_longer_than_a_minute() -> None:
    assert pacing.pause(1, timedelta(seconds=61), chance=0.0) is None
