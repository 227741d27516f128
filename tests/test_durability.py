"""200 means stored: the process is killed under load, again and again, and nothing told is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random

import pytest

from tests.crowd import Crowd, Findings, check
from tests.processes import Receiver
from tests.waiting import until

Start = Callable[..., Receiver]

DEFAULT_KILLS = 10


@pytest.mark.parametrize(
    "kills", [DEFAULT_KILLS, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_what_was_answered_survives_kill_9(
    start: Start, database_url: str, seed: int, kills: int
) -> None:
    crowd = under_fire(start, database_url, seed, kills=kills)
    assert crowd.unanswered >= kills  # the kills came under load
    assert crowd.refused == []
    assert check(crowd, database_url) == Findings()


def test_the_check_finds_what_was_answered_before_the_commit(
    start: Start, database_url: str, seed: int
) -> None:
    """The control: a receiver that is wrong must not pass."""
    program = ("-m", "tests.controls.answers_before_commit")
    crowd = under_fire(start, database_url, seed, kills=2, program=program)
    assert check(crowd, database_url).lost


def under_fire(
    start: Start,
    database_url: str,
    seed: int,
    *,
    kills: int,
    program: tuple[str, ...] = ("-m", "receiver"),
) -> Crowd:
    """Kill and restart a receiver at random moments while a crowd posts to it."""
    random = Random(seed)
    receiver = start(database_url, program=program)
    with Crowd(seed, [receiver.url]) as crowd:
        for _ in range(kills):
            # As soon as it answers, or later; and then at any point of what it is doing.
            wait_for_answers(crowd, random.choice((1, random.randrange(50, 400))))
            threading.Event().wait(random.uniform(0, 0.02))
            receiver.kill()
            receiver = start(database_url, program=program)
            crowd.move([receiver.url])
        wait_for_answers(crowd, 50)
    receiver.kill()
    return crowd


def wait_for_answers(crowd: Crowd, count: int) -> None:
    target = len(crowd.told) + count
    until(lambda: len(crowd.told) >= target)
