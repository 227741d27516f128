"""The endpoints of the account, with their quirks."""

from __future__ import annotations

import json

import pytest

from receiver.simulator import chatter, phones
from receiver.simulator.ledger import Attempt
from receiver.simulator.options import Era
from receiver.simulator.simulation import Simulation
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import HOOK, NOBODY, PHONE, shape


@pytest.mark.parametrize(
    ("era", "sample"), [(Era.SEED, "product-seed"), (Era.MODERN, "setWebhook")]
)
def test_the_product_is_described_without_success(era: Era, sample: str) -> None:
    product = acting.get(acting.simulation(era=era), "product")
    assert shape(product) == shape(payloads.answer(sample))


def test_phones_are_an_array_and_a_failure_is_an_object() -> None:
    simulation = acting.simulation()
    listed = acting.get(simulation, "listPhones")
    assert shape(listed) == shape(payloads.answer("listPhones"))
    assert [phone["id"] for phone in listed] == [PHONE, PHONE + 1]
    assert isinstance(acting.get(simulation, "listphones"), dict)


def test_in_the_old_form_a_phone_is_id_and_number() -> None:
    [first, _] = acting.get(acting.simulation(era=Era.SEED), "listPhones")
    assert {*first} == {"id", "number"}


def test_a_phone_that_is_logged_out_has_no_number() -> None:
    simulation = acting.simulation()
    phones.log_out(simulation, simulation.world.phones[PHONE])
    [first, _] = acting.get(simulation, "listPhones")
    assert "number" not in first


def test_the_webhook_that_is_set_is_the_one_that_is_told() -> None:
    simulation = acting.simulation(webhook="")
    product = acting.post(simulation, "setWebhook", webhook=HOOK)
    assert product["webhook"] == HOOK
    acting.post_say(simulation)
    [notification] = simulation.advance(simulation.now)
    assert notification.url == HOOK


@pytest.mark.parametrize("name", ["preference", "ack_delivery"])
def test_acks_are_switched_by_either_name(name: str) -> None:
    simulation = acting.simulation(webhook="")
    assert acting.post(simulation, "setAckPreference", **{name: True})["ack_delivery"] is True
    assert acting.post(simulation, "setAckPreference", **{name: False})["ack_delivery"] is False


def test_an_ack_preference_must_be_given() -> None:
    assert not acting.post(acting.simulation(), "setAckPreference")["success"]


@pytest.mark.parametrize(("era", "kind"), [(Era.SEED, int), (Era.MODERN, str)])
def test_a_phone_is_added_up_to_the_limit_and_wants_a_scan(era: Era, kind: type) -> None:
    simulation = acting.simulation(era=era)
    added = acting.post(simulation, "addPhone", number="15550100003")
    assert {*added} == {"id", "pid", "number"}
    assert isinstance(added["id"], kind)
    assert acting.get(simulation, f"{added['id']}/status")["status"]["isQr"]
    assert not acting.post(simulation, "addPhone")["success"]


def test_queues_tell_what_waits() -> None:
    simulation = acting.simulation()
    acting.send(simulation)
    answered = acting.get(simulation, "queues")
    assert shape(answered) == shape(payloads.answer("queues"))
    assert [it["queue"] for it in answered["queues"]] == [1, 0]


def _post_all(simulation: Simulation) -> None:
    for it in simulation.advance(simulation.now):
        simulation.ledger.attempts.append(
            Attempt(
                at=simulation.now,
                phone_id=it.phone_id,
                kind=it.kind,
                url=it.url,
                body=it.body,
                status=200,
                answer="OK",
            )
        )


def test_the_log_shows_what_was_posted_and_what_was_answered() -> None:
    simulation = acting.simulation(answering=False)
    acting.post_say(simulation)
    acting.send(simulation)
    acting.send(simulation, NOBODY)
    _post_all(simulation)
    log = acting.get(simulation, "logs")["data"]
    sample = payloads.answer("logs")["data"]
    assert {*log["list"][0]} == {*sample["list"][0]}
    assert log["count"] == str(len(log["list"]))
    assert {row["type"] for row in log["list"]} == {"incoming", "outgoing", "error"}
    assert log["list"][0]["data"]["response"] == {"body": "OK", "statusCode": 200}
    assert log["list"][0]["data"]["webhook"] == HOOK


def test_the_log_has_fifty_rows_a_page() -> None:
    simulation = acting.simulation()
    for _ in range(60):
        chatter.write(simulation, "text", phone=simulation.world.phones[PHONE])
    _post_all(simulation)
    pages = [acting.get(simulation, "logs", page=str(page))["data"]["list"] for page in (0, 1, 9)]
    rows = [row["id"] for page in pages for row in page]
    assert len(pages[0]) == 50
    assert rows == sorted(rows, reverse=True)
    assert len(rows) == len(simulation.ledger.attempts)


def test_bare_arrays_are_in_the_log_as_well() -> None:
    simulation = acting.simulation(era=Era.SEED, answering=False)
    acting.send(simulation)
    _post_all(simulation)
    [row, *_] = acting.get(simulation, "logs")["data"]["list"]
    assert isinstance(row["data"]["body"], list)
    assert json.dumps(row)
