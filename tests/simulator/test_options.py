"""Options: what is the same with the same seed, and what is not."""

from __future__ import annotations

from datetime import timedelta

from receiver.simulator import chatter
from receiver.simulator.options import Era, Options
from tests.simulator import acting


def _day(seed: int, era: Era = Era.MODERN) -> list[object]:
    simulation = acting.simulation(seed=seed, era=era)
    chatter.chat(simulation, every=timedelta(seconds=1), count=50)
    return acting.told(simulation, within=timedelta(minutes=2))


def test_the_same_seed_repeats_a_run() -> None:
    assert _day(1) == _day(1)


def test_another_seed_is_another_run() -> None:
    assert _day(1) != _day(2)


def test_the_eras_speak_differently() -> None:
    assert _day(1) != _day(1, Era.SEED)


def test_the_defaults_redeliver_for_about_a_minute() -> None:
    assert sum(Options().redelivery, timedelta(0)) == timedelta(seconds=63)
