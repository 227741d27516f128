"""Lanes: never two of a lane, never more than the limit, and none forgotten."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

import pytest

from receiver.dispatch.lanes import Lanes


class Traffic:
    """What runs at a time, and what ran."""

    def __init__(self) -> None:
        self.running: dict[str, int] = defaultdict(int)
        self.most = 0
        self.done: list[str] = []

    async def drive(self, item: str) -> None:
        self.running[item[0]] += 1
        assert self.running[item[0]] == 1
        self.most = max(self.most, sum(self.running.values()))
        await asyncio.sleep(0)
        self.running[item[0]] -= 1
        self.done.append(item)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(within())


def test_a_lane_is_in_order_and_lanes_are_side_by_side_up_to_the_limit() -> None:
    async def scenario() -> None:
        traffic = Traffic()
        lanes = Lanes(traffic.drive, at_once=2)
        for number in range(10):
            for lane in "abc":
                lanes.add(lane, f"{lane}{number}")
        assert await lanes.ended(within=5)
        assert traffic.most == 2
        for lane in "abc":
            of_lane = [item for item in traffic.done if item[0] == lane]
            assert of_lane == [f"{lane}{number}" for number in range(10)]
        assert len(lanes) == 0

    run(scenario)


def test_a_long_lane_lets_the_others_in() -> None:
    async def scenario() -> None:
        traffic = Traffic()
        lanes = Lanes(traffic.drive, at_once=1)
        for number in range(10):
            lanes.add("a", f"a{number}")
        lanes.add("b", "b")
        assert await lanes.ended(within=5)
        assert traffic.done.index("b") < 3

    run(scenario)


def test_what_waits_can_be_taken_out_and_what_runs_goes_on() -> None:
    async def scenario() -> None:
        go, done = asyncio.Event(), []

        async def drive(item: str) -> None:
            await go.wait()
            done.append(item)

        lanes = Lanes(drive, at_once=9)
        for item in ("a1", "a2", "a3", "b1", "b2"):
            lanes.add(item[0], item)
        await asyncio.sleep(0)
        assert lanes.clear("a") == ["a2", "a3"]
        assert lanes.clear("nowhere") == []
        lanes.add("a", "a4")
        assert "a" in lanes
        assert lanes.clear_all() == ["a4", "b2"]
        assert not await lanes.ended(within=0.01)
        go.set()
        assert await lanes.ended(within=5)
        assert sorted(done) == ["a1", "b1"]
        assert "a" not in lanes

    run(scenario)


def test_a_fault_of_ours_is_told_and_not_swallowed() -> None:
    async def scenario() -> None:
        async def drive(item: str) -> None:
            raise ZeroDivisionError(item)

        lanes = Lanes(drive, at_once=2)
        for item in "ab":
            lanes.add(item, item)
        await lanes.ended(within=5)
        with pytest.raises(ZeroDivisionError, match="a"):
            await lanes.failure

    run(scenario)


def test_a_lane_that_somebody_cancels_is_told_as_well() -> None:
    async def scenario() -> None:
        async def drive(item: str) -> None:
            task = asyncio.current_task()
            assert task
            task.cancel()
            await asyncio.sleep(0)

        lanes = Lanes(drive, at_once=2)
        lanes.add("a", "a")
        await lanes.ended(within=5)
        assert lanes.failure.cancelled()

    run(scenario)
