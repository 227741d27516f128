"""The floor: many at a time, or one alone, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from receiver.dispatch.floor import Floor


def run(scenario: Callable[[Floor, asyncio.Event], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(10):
            await scenario(Floor(), asyncio.Event())

    asyncio.run(within())


def test_many_are_there_at_a_time() -> None:
    async def scenario(floor: Floor, never: asyncio.Event) -> None:
        async with floor.beside(), floor.beside():
            pass
        async with floor.alone(unless=never) as is_alone:
            assert is_alone

    run(scenario)


def test_whoever_is_alone_waits_for_the_others_and_lets_nobody_in() -> None:
    async def scenario(floor: Floor, never: asyncio.Event) -> None:
        order: list[str] = []

        async def alone() -> None:
            async with floor.alone(unless=never) as is_alone:
                order.append(f"alone {is_alone}")
                await asyncio.sleep(0)
                order.append("still alone")

        async def beside() -> None:
            async with floor.beside():
                order.append("beside")

        async with floor.beside():
            first = asyncio.ensure_future(alone())
            await asyncio.sleep(0)
            late = asyncio.ensure_future(beside())
            await asyncio.sleep(0)
            assert order == []
        await asyncio.gather(first, late)
        assert order == ["alone True", "still alone", "beside"]

    run(scenario)


def test_of_two_that_want_to_be_alone_one_comes_again() -> None:
    async def scenario(floor: Floor, never: asyncio.Event) -> None:
        async with floor.alone(unless=never), floor.alone(unless=never) as second:
            assert not second
        async with floor.alone(unless=never) as again:
            assert again

    run(scenario)


def test_whoever_waits_to_be_alone_gives_up_at_the_end() -> None:
    async def scenario(floor: Floor, ending: asyncio.Event) -> None:
        async with floor.beside():
            asyncio.get_running_loop().call_later(0.01, ending.set)
            async with floor.alone(unless=ending) as is_alone:
                assert not is_alone
        async with floor.beside():
            pass

    run(scenario)
