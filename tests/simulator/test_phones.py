"""What happens to a phone."""

from __future__ import annotations

from datetime import timedelta

from receiver.simulator import phones
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState
from tests.simulator import acting
from tests.simulator.acting import PHONE

FIVE_MINUTES = timedelta(minutes=5)


def _phone(simulation: Simulation) -> Phone:
    return simulation.world.phones[PHONE]


def test_a_restart_is_told_and_over_after_a_while() -> None:
    simulation = acting.simulation()
    phones.restart(simulation, _phone(simulation))
    assert phones.is_restarting(simulation, _phone(simulation))
    bodies = acting.told(simulation, within=simulation.options.restart_time)
    assert [body["status"] for body in bodies] == ["loading", "active"]
    assert not phones.is_restarting(simulation, _phone(simulation))


def test_restarted_without_a_login_it_shows_its_code() -> None:
    simulation = acting.simulation()
    phones.log_out(simulation, _phone(simulation))
    phones.restart(simulation, _phone(simulation))
    acting.told(simulation, within=simulation.options.restart_time)
    assert _phone(simulation).state is PhoneState.QR_CODE


def test_a_code_that_nobody_scans_is_given_up() -> None:
    simulation = acting.simulation()
    phones.log_out(simulation, _phone(simulation))
    bodies = acting.told(simulation, within=FIVE_MINUTES)
    assert [body["status"] for body in bodies] == ["qr-code", "idle"]
    assert simulation.is_settled


def test_a_code_that_is_scanned_makes_the_phone_active() -> None:
    simulation = acting.simulation()
    phones.log_out(simulation, _phone(simulation))
    phones.scan(simulation, _phone(simulation))
    bodies = acting.told(simulation, within=FIVE_MINUTES)
    assert [body["status"] for body in bodies] == ["qr-code", "active"]
    assert _phone(simulation).number


def test_the_same_state_again_is_no_news() -> None:
    simulation = acting.simulation()
    phones.change(simulation, _phone(simulation), PhoneState.ACTIVE)
    assert acting.told(simulation) == []


def test_what_waited_is_sent_once_the_phone_is_back() -> None:
    simulation = acting.simulation(answering=False)
    phones.change(simulation, _phone(simulation), PhoneState.PHONE_ERROR)
    acting.send(simulation)
    acting.told(simulation)
    phones.change(simulation, _phone(simulation), PhoneState.ACTIVE)
    acting.told(simulation)
    assert [it.status for it in simulation.ledger.sent] == ["seen"]
