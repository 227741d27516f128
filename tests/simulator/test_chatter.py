"""What happens of itself."""

from __future__ import annotations

from datetime import timedelta

from receiver.simulator import chatter, contents
from receiver.simulator.world import PhoneState
from tests.simulator import acting
from tests.simulator.acting import PHONE

SECOND = timedelta(seconds=1)


def test_in_a_long_day_everything_happens() -> None:
    simulation = acting.simulation(answering=False)
    chatter.chat(simulation, every=SECOND, count=3000)
    bodies = acting.told(simulation, within=timedelta(hours=1))
    messages = acting.of_type(bodies, "message")
    assert {body["type"] for body in bodies} == {"message", "ack", "status", "live_event"}
    assert {it["message"]["type"] for it in messages} == set(contents.TYPES)
    assert {it["message"].get("fromMe", False) for it in messages} == {True, False}
    entries = [entry for body in acting.of_type(bodies, "ack") for entry in body["data"]]
    assert all(any(kind in it for it in entries) for kind in ("ackType", "reaction", "options"))
    assert simulation.is_settled


def test_endless_chatter_is_nothing_to_wait_for() -> None:
    simulation = acting.simulation(answering=False)
    chatter.chat(simulation, every=SECOND)
    acting.told(simulation, within=timedelta(minutes=1))
    assert simulation.next_due() is not None
    assert simulation.is_settled


def test_a_burst_is_several_at_once() -> None:
    simulation = acting.simulation(faults=acting.faults(bursts=1), answering=False, phones=1)
    chatter.chat(simulation, every=SECOND, count=1)
    acting.told(simulation, within=SECOND)
    happened = len(simulation.ledger.messages)
    assert happened > 1


def test_without_groups_all_is_said_directly() -> None:
    simulation = acting.simulation(groups=0)
    for _ in range(50):
        chatter.write(simulation, "info", phone=simulation.world.phones[PHONE])
    assert {it["conversation"][-5:] for it in acting.told(simulation)} == {"@c.us"}


def test_a_phone_stumbles_and_gets_up_again() -> None:
    simulation = acting.simulation(pace=1.0)
    phone = simulation.world.phones[PHONE]
    chatter.stumble(simulation, phone)
    chatter.stumble(simulation, phone)
    assert phone.state is PhoneState.PHONE_ERROR
    bodies = acting.told(simulation, within=timedelta(minutes=1))
    assert [body["status"] for body in bodies] == ["phone-error", "active"]
