"""When it is tried again."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from receiver import RetryPolicy
from receiver.errors import BadHandler

SECOND = timedelta(seconds=1)


class Highest(Random):
    """Chance at its upper end."""

    def random(self) -> float:
        """Return the highest number there is below 1, as good as 1."""
        return 1.0


def test_pauses_double_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=99, first=2 * SECOND, longest=60 * SECOND)
    pauses = [policy.pause(failed, Highest()) for failed in range(1, 9)]
    assert pauses == [n * SECOND for n in (2, 4, 8, 16, 32, 60, 60, 60)]


def test_pauses_are_spread_from_nothing_to_the_whole() -> None:
    policy = RetryPolicy(first=10 * SECOND)
    pauses = [policy.pause(1, Random(seed)) or timedelta(0) for seed in range(200)]
    assert min(pauses) < SECOND
    assert max(pauses) > 9 * SECOND
    assert timedelta(seconds=4) < sum(pauses, timedelta(0)) / 200 < timedelta(seconds=6)


def test_after_the_last_try_there_is_no_pause() -> None:
    policy = RetryPolicy(attempts=3)
    assert [policy.pause(failed, Highest()) is None for failed in (1, 2, 3, 4)] == [
        False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("first", [timedelta(0), timedelta.max])
def test_no_pause_is_too_long_to_be_told(first: timedelta) -> None:
    policy = RetryPolicy(attempts=10**9, first=first, longest=timedelta(days=1))
    for failed in (1, 64, 10**6):
        pause = policy.pause(failed, Highest())
        assert pause is not None
        assert pause <= timedelta(days=1)


@pytest.mark.parametrize("attempts", [0, 1.5])
def test_a_policy_without_a_whole_number_of_tries_is_refused(attempts: Any) -> None:
    with pytest.raises(BadHandler, match=f"once or more, not {attempts} times"):
        RetryPolicy(attempts=attempts)
