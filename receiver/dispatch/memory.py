"""What a handler keeps of conversations, as far as it has to be at hand.

A state stays here from before its conversation has something to be handled until what came of that
is in the database: read from there too early, it would be the one before. It stays no longer: it
may be struck there, when a person is erased, by another process too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

import orjson

from receiver.store import handler_states


def written(state: object) -> str:
    """Write what a handler has left in `context.state` as it is kept.

    Raises:
        TypeError: it is no JSON object.
    """
    if not isinstance(state, dict):
        raise TypeError("context.state can't be kept as JSON: it is no dict any more")
    try:
        return orjson.dumps(state).decode()
    except TypeError as error:
        raise TypeError(f"context.state can't be kept as JSON: {error}") from error


class Memory:
    """The states of a handler's conversations, as JSON text."""

    def __init__(
        self,
        load: Callable[[Collection[int]], Awaitable[Mapping[int, str]]],
        *,
        in_use: Callable[[int], bool],
    ) -> None:
        self._load = load
        self._in_use = in_use
        self._states: dict[int, str] = {}
        self._lock = asyncio.Lock()

    async def recall(self, conversations: Collection[int]) -> None:
        """Have the states of these at hand, until nothing of theirs is in use."""
        async with self._lock:
            self._forget()
            missing = set(conversations) - self._states.keys()
            if missing:
                self._states |= await self._load(missing)

    def state(self, conversation_id: int | None) -> str:
        """Return the state of a conversation that was recalled; of none there is no state."""
        return handler_states.EMPTY if conversation_id is None else self._states[conversation_id]

    def keep(self, conversation_id: int, state: str) -> None:
        """Have another state from now on."""
        self._states[conversation_id] = state

    def _forget(self) -> None:
        for conversation_id in [known for known in self._states if not self._in_use(known)]:
            del self._states[conversation_id]
