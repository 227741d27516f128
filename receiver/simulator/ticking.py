"""The ticks of a message that was sent, one after the other."""

from __future__ import annotations

from collections.abc import Callable

from receiver.simulator import notifications
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, Said

PLAYABLE = frozenset({"ptt", "audio"})

_TAKES = {"delivered": (0.2, 1.0), "reached": (0.5, 3.0), "seen": (2.0, 8.0), "played": (1.0, 4.0)}
"""Seconds from one tick to the next, at the pace of life."""


def climb(
    simulation: Simulation,
    phone: Phone,
    said: Said,
    msg_id: str,
    *,
    at_once: bool = False,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Let a message climb as far as its readers let it; `then` follows once it is seen.

    `at_once` the first tick is there already.
    """
    steps = _steps(simulation, said)

    def step(place: int) -> None:
        ack = steps[place]
        tell(simulation, phone, said, msg_id, ack)
        if ack == "seen":
            then()
        if place + 1 < len(steps):
            simulation.in_life(*_TAKES[steps[place + 1]], lambda: step(place + 1))

    if at_once:
        step(0)
    else:
        simulation.in_life(*_TAKES[steps[0]], lambda: step(0))


def tell(simulation: Simulation, phone: Phone, said: Said, msg_id: str, ack: str) -> None:
    """Collect one tick of a message."""
    entry = notifications.tick(
        ack, chat_id=said.chat_id, msg_id=msg_id, rxid=said.whatsapp_id, at=simulation.now
    )
    simulation.collect(phone, entry)


def _steps(simulation: Simulation, said: Said) -> list[str]:
    if not _is_read(simulation, said.chat_id):
        return ["delivered", "reached"]
    played = ["played"] if said.content["type"] in PLAYABLE else []
    return ["delivered", "reached", "seen", *played]


def _is_read(simulation: Simulation, chat_id: str) -> bool:
    people = simulation.world.people
    if group := simulation.world.groups.get(chat_id):
        return any(people[it].reads for it in group.members if it in people)
    return chat_id in people and people[chat_id].reads
