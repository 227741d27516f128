"""The memory of a handler: the newest state, and no more of them than it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from receiver.dispatch import memory
from receiver.dispatch.memory import Memory


class Stored:
    """States in a database, which can be slow."""

    def __init__(self) -> None:
        self.asked: list[set[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def load(self, conversations: Collection[int]) -> dict[int, str]:
        self.asked.append(set(conversations))
        await self.go.wait()
        return dict.fromkeys(conversations, '{"from": "database"}')


def test_a_state_is_asked_for_once_and_then_what_was_kept() -> None:
    async def scenario() -> None:
        stored = Stored()
        states = Memory(stored.load, in_use=lambda _: True)
        await states.recall({1, 2})
        states.keep(1, "{}")
        await states.recall({1, 2, 3})
        assert stored.asked == [{1, 2}, {3}]
        assert (states.state(1), states.state(2)) == ("{}", '{"from": "database"}')

    asyncio.run(scenario())


def test_where_there_is_no_conversation_there_is_no_state() -> None:
    async def scenario() -> None:
        assert Memory(Stored().load, in_use=lambda _: True).state(None) == "{}"

    asyncio.run(scenario())


def test_a_slow_answer_does_not_undo_what_was_kept_meanwhile() -> None:
    async def scenario() -> None:
        stored = Stored()
        states = Memory(stored.load, in_use=lambda _: True)
        stored.go.clear()
        first, second = (asyncio.ensure_future(states.recall({1})) for _ in "ab")
        await asyncio.sleep(0)
        stored.go.set()
        await first
        states.keep(1, "{}")
        await second
        assert states.state(1) == "{}"
        assert stored.asked == [{1}]

    asyncio.run(scenario())


def test_only_what_is_in_use_is_kept() -> None:
    async def scenario() -> None:
        stored = Stored()
        states = Memory(stored.load, in_use=lambda conversation_id: conversation_id == 2)
        await states.recall({1, 2})
        states.keep(2, "{}")
        await states.recall({2, 5})
        assert states.state(2) == "{}"
        with pytest.raises(KeyError):
            states.state(1)
        await states.recall({1})
        assert stored.asked == [{1, 2}, {5}, {1}]

    asyncio.run(scenario())


@pytest.mark.parametrize("state", [[], None, {"odd": {1, 2}}, {1: 2}])
def test_what_is_no_json_object_can_not_be_kept(state: object) -> None:
    assert memory.written({"asked": 1}) == '{"asked":1}'
    with pytest.raises(TypeError, match=r"context\.state can't be kept as JSON"):
        memory.written(state)
