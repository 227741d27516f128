"""The door of a target: open to all, or one knocks at a time until somebody answers."""

from __future__ import annotations

import asyncio

import pytest

from receiver import Retry
from receiver.sinks import doors
from receiver.sinks.doors import Door

MANY = 20


class Target:
    """Answers as a script says, then "yes" for ever; tells how many ask at the same time."""

    def __init__(self, *script: str) -> None:
        self._script = list(script)
        self._asking = 0
        self.at_once: list[int] = []

    async def answer(self) -> str:
        self._asking += 1
        self.at_once.append(self._asking)
        for _ in range(2 * MANY):  # long enough for all who may to ask meanwhile
            await asyncio.sleep(0)
        self._asking -= 1
        answer = self._script.pop(0) if self._script else "yes"
        if answer == "nobody":
            raise Retry(answer)
        return answer


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pause for a moment only; return how long it would have been each time."""
    told: list[float] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        if seconds:
            told.append(seconds)
        await sleep(0)

    monkeypatch.setattr(doors.asyncio, "sleep", pause)
    return told


def answers(target: Target, *counts: int) -> list[str]:
    """Let so many ask side by side, group after group; return what each was told."""

    async def ask(door: Door) -> str:
        try:
            return await door.ask(target.answer, is_away=lambda answer: answer == "busy")
        except Retry as error:
            return error.reason

    async def scenario() -> list[str]:
        door, told = Door(), []
        for count in counts:
            told += await asyncio.gather(*(ask(door) for _ in range(count)))
        return told

    return asyncio.run(scenario())


def test_side_by_side_all_ask_a_target_that_is_there() -> None:
    target = Target("no", "no")
    assert answers(target, MANY) == ["no", "no", *["yes"] * (MANY - 2)]
    assert max(target.at_once) == MANY


@pytest.mark.parametrize("away", ["nobody", "busy"])
def test_one_at_a_time_knocks_and_all_go_when_it_is_back(away: str, pauses: list[float]) -> None:
    target = Target(*[away] * 4)
    assert answers(target, 1, MANY) == [away] * 4 + ["yes"] * (MANY - 3)
    assert target.at_once[:5] == [1] * 5
    assert max(target.at_once[5:]) == MANY - 4
    assert pauses == [1, 2, 4, 8]


def test_many_that_fail_at_once_are_one_absence(pauses: list[float]) -> None:
    answers(Target(*["nobody"] * MANY), MANY, 1)
    assert pauses == [doors.FIRST_PAUSE]


def test_pauses_have_an_end(pauses: list[float]) -> None:
    answers(Target(*["nobody"] * MANY), 1, MANY)
    assert pauses[-1] == doors.LONGEST_PAUSE


def test_once_it_was_there_the_next_absence_is_a_new_one(pauses: list[float]) -> None:
    script = ("nobody", "nobody", "yes", "nobody")
    assert answers(Target(*script), 1, 1, 1, 1, 1) == [*script, "yes"]
    assert pauses == [1, 2, 1]
