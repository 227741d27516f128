"""The simulation's own levers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from receiver.simulator import answering, phones
from receiver.simulator.calls import Call
from receiver.simulator.simulation import Simulation
from tests.simulator import acting
from tests.simulator.acting import NOBODY, OTHER_PHONE, PHONE


def _pull(simulation: Simulation, method: str, name: str, **fields: Any) -> Any:
    call = Call(method=method, path=f"/simulator/{name}", fields=fields)
    return json.loads(answering.respond(simulation, call).body)


def test_anybody_can_be_made_to_speak_to_any_phone() -> None:
    simulation = acting.simulation()
    spoken = {"from": "15550100012", "phone_id": str(OTHER_PHONE), "text": "hi"}
    assert _pull(simulation, "POST", "say", **spoken)["success"]
    [body] = acting.told(simulation)
    assert (body["user"]["phone"], body["phone_id"]) == ("15550100012", OTHER_PHONE)


def test_somebody_speaks_in_a_group() -> None:
    simulation = acting.simulation()
    group = next(iter(simulation.world.groups))
    _pull(simulation, "POST", "say", group=group, text="hi")
    assert {body["conversation"] for body in acting.told(simulation)} == {group}


@pytest.mark.parametrize("wrong", [{"from": NOBODY}, {"phone_id": "1"}, {"group": "unknown@g.us"}])
def test_who_is_not_there_does_not_speak(wrong: dict[str, str]) -> None:
    simulation = acting.simulation()
    assert not _pull(simulation, "POST", "say", text="hi", **wrong)["success"]
    assert acting.told(simulation) == []


def test_a_code_is_scanned() -> None:
    simulation = acting.simulation()
    phones.log_out(simulation, simulation.world.phones[PHONE])
    assert _pull(simulation, "POST", "scan", number="15550100009")["success"]
    assert acting.get(simulation, f"{PHONE}/status")["number"] == "15550100009"
    assert not _pull(simulation, "POST", "scan", phone_id="1")["success"]


def test_the_ledger_is_shown_whatever_the_faults() -> None:
    simulation = acting.simulation(faults=acting.faults(dropped_calls=1))
    acting.post_say(simulation)
    [message] = _pull(simulation, "GET", "ledger")["messages"]
    assert (message["direction"], message["text"]) == ("incoming", "hello")


def test_there_are_no_other_levers() -> None:
    assert not _pull(acting.simulation(), "GET", "say")["success"]
