"""How often things go wrong, and how."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from receiver.simulator import faults
from receiver.simulator.faults import Faults, Mishap

CALLS = 10_000


def test_without_faults_all_goes_well() -> None:
    random = Random(1)
    for _ in range(100):
        assert faults.mishap(Faults(), random) is None
        assert faults.itinerary(Faults(), random, pace=1) == (timedelta(0),)


def test_mishaps_are_as_frequent_as_wanted() -> None:
    wanted = Faults(refused_calls=0.1, timed_out_calls=0.2, dropped_calls=0.05, lost_answers=0.3)
    random = Random(1)
    drawn = Counter(faults.mishap(wanted, random) for _ in range(CALLS))
    shares = {kind: count / CALLS for kind, count in drawn.items()}
    assert shares == pytest.approx(
        {
            Mishap.REFUSED: 0.1,
            Mishap.TIMED_OUT: 0.2,
            Mishap.DROPPED: 0.05,
            Mishap.ANSWER_LOST: 0.3,
            None: 0.35,
        },
        abs=0.02,
    )


def test_a_repeated_notification_is_posted_twice_the_second_time_later() -> None:
    first, second = faults.itinerary(Faults(repeated=1), Random(1), pace=0)
    assert timedelta(0) == first < second


def test_a_reordered_notification_is_held_back() -> None:
    [held_back] = faults.itinerary(Faults(reordered=1), Random(1), pace=0)
    assert held_back > timedelta(0)


def test_all_means_every_fault() -> None:
    everything = Faults.all(0.4)
    assert everything.slow_calls == timedelta(0)
    assert all(share > 0 for name, share in vars(everything).items() if name != "slow_calls")
