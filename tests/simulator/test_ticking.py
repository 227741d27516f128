"""How far a message climbs."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.simulator.simulation import Simulation
from tests.simulator import acting
from tests.simulator.acting import ADAS_CHAT

VOICE = "https://files.example.invalid/note.oga"


def _climbed(simulation: Simulation, to: str, **fields: Any) -> list[str]:
    acting.send(simulation, to, **fields)
    bodies = acting.of_type(acting.told(simulation), "ack")
    return [entry["ackType"] for body in bodies for entry in body["data"] if "ackType" in entry]


def test_what_is_read_is_seen() -> None:
    assert _climbed(acting.simulation(), ADAS_CHAT) == ["delivered", "reached", "seen"]


def test_a_voice_message_is_played_as_well() -> None:
    climbed = _climbed(acting.simulation(), ADAS_CHAT, type="media", message=VOICE)
    assert climbed == ["delivered", "reached", "seen", "played"]


def test_somebody_who_does_not_read_leaves_it_at_two_ticks() -> None:
    simulation = acting.simulation()
    [silent, *_] = [it for it in simulation.world.people.values() if not it.reads]
    assert _climbed(simulation, silent.chat_id) == ["delivered", "reached"]


@pytest.mark.parametrize("with_people", [True, False])
def test_a_group_has_seen_it_when_anybody_reads_there(with_people: bool) -> None:
    simulation = acting.simulation(answering=False)
    group = next(iter(simulation.world.groups.values()))
    if not with_people:
        group.members[:] = [it.chat_id for it in simulation.world.phones.values()]
    climbed = _climbed(simulation, group.id)
    assert ("seen" in climbed) is with_people
