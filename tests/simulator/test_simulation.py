"""Time, the way to the webhook, and what is collected on it."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from receiver.simulator.options import Era
from tests.simulator import acting
from tests.simulator.acting import PHONE, START

TWO_SECONDS = timedelta(seconds=2)


def test_acks_of_two_seconds_come_in_one_array() -> None:
    simulation = acting.simulation(ack_interval=TWO_SECONDS, answering=False)
    for _ in range(3):
        acting.send(simulation, skip_filter=True)
    assert acting.told(simulation, within=timedelta(seconds=1)) == []
    [body] = acting.told(simulation, within=timedelta(seconds=1))
    assert len({entry["msgId"] for entry in body["data"]}) == 3


def test_ticks_climb_in_an_array() -> None:
    simulation = acting.simulation(answering=False)
    acting.send(simulation)
    ticks = [entry["ackCode"] for body in acting.told(simulation) for entry in body["data"]]
    assert ticks == [1, 2, 3]


def test_reordered_acks_change_places_and_none_is_lost() -> None:
    simulation = acting.simulation(
        answering=False, faults=acting.faults(reordered=1), ack_interval=TWO_SECONDS
    )
    for _ in range(20):
        acting.send(simulation, skip_filter=True)
    [body] = acting.told(simulation, within=TWO_SECONDS)
    codes = [entry["ackCode"] for entry in body["data"]]
    assert sorted(codes) == [1] * 20 + [2] * 20 + [3] * 20
    by_message: dict[str, list[int]] = {}
    for entry in body["data"]:
        by_message.setdefault(entry["msgId"], []).append(entry["ackCode"])
    assert any(climbed != sorted(climbed) for climbed in by_message.values())


def test_acks_are_not_told_unless_they_are_wanted() -> None:
    simulation = acting.simulation(answering=False)
    simulation.world.ack_delivery = False
    acting.send(simulation)
    assert acting.told(simulation) == []
    assert [it.status for it in simulation.ledger.sent] == ["accepted"]


def test_without_a_webhook_nothing_is_told_and_the_ledger_says_so() -> None:
    simulation = acting.simulation(webhook="")
    simulation.world.ack_delivery = True
    acting.send(simulation)
    acting.post_say(simulation)
    assert acting.told(simulation) == []
    assert [it.status for it in simulation.ledger.sent] == ["accepted"]
    assert {it.told for it in simulation.ledger.incoming} == {False}


@pytest.mark.parametrize("era", list(Era))
def test_the_ledger_counts_a_tick_once_it_is_told(era: Era) -> None:
    simulation = acting.simulation(era=era, answering=False, ack_interval=TWO_SECONDS)
    acting.send(simulation)
    acting.told(simulation, within=timedelta(seconds=1))
    assert [it.status for it in simulation.ledger.sent] == ["accepted"]
    acting.told(simulation, within=TWO_SECONDS)
    assert [it.status for it in simulation.ledger.sent] == ["seen"]


def test_life_takes_its_time_at_the_usual_pace() -> None:
    simulation = acting.simulation(pace=1.0, answering=False)
    acting.send(simulation)
    assert acting.told(simulation) == []
    assert simulation.next_due() > START  # type: ignore[operator]
    assert acting.told(simulation, within=timedelta(minutes=1)) != []
    assert simulation.next_due() is None


def test_it_is_settled_when_all_was_told_and_handed_out() -> None:
    simulation = acting.simulation()
    assert simulation.is_settled
    acting.send(simulation)
    assert not simulation.is_settled
    acting.told(simulation)
    assert simulation.is_settled


def test_a_repeated_notification_is_the_same_body() -> None:
    simulation = acting.simulation(faults=acting.faults(repeated=1))
    acting.post_say(simulation)
    [notification] = simulation.advance(simulation.now)
    assert len(notification.itinerary) == 2
    assert orjson.loads(notification.body)["phone_id"] == PHONE
