"""Things that last as long as a loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from receiver.sinks.lifetimes import LoopLong


class _Door:
    def __init__(self) -> None:
        self.told: list[str] = []

    async def open(self) -> AsyncGenerator[str, None]:
        self.told.append("opened")
        await asyncio.sleep(0)
        try:
            yield f"thing {self.told.count('opened')}"
        finally:
            await asyncio.sleep(0)
            self.told.append("closed")


def test_it_is_opened_once_for_all_and_closed_with_the_loop() -> None:
    door = _Door()
    thing = LoopLong(door.open)

    async def use() -> list[str]:
        return await asyncio.gather(thing.get(), thing.get(), thing.get())

    assert asyncio.run(use()) == ["thing 1"] * 3
    assert door.told == ["opened", "closed"]


def test_another_loop_gets_one_of_its_own() -> None:
    door = _Door()
    thing = LoopLong(door.open)
    assert [asyncio.run(thing.get()) for _ in range(2)] == ["thing 1", "thing 2"]
    assert door.told == ["opened", "closed"] * 2


def test_one_that_was_forgotten_is_closed_and_opened_anew() -> None:
    door = _Door()
    thing = LoopLong(door.open)

    async def use() -> str:
        old = await thing.get()
        await asyncio.gather(thing.forget(old), thing.forget(old))
        assert door.told == ["opened", "closed"]
        return await thing.get()

    assert asyncio.run(use()) == "thing 2"


def test_what_could_not_be_opened_is_tried_again() -> None:
    tries = []

    async def open() -> AsyncGenerator[str, None]:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not there")
        yield "there"

    thing = LoopLong(open)

    async def use() -> str:
        with pytest.raises(OSError, match="not there"):
            await thing.get()
        return await thing.get()

    assert asyncio.run(use()) == "there"
