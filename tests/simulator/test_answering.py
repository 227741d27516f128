"""Who may call what, and what goes wrong with it on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from receiver.simulator import answering, phones
from receiver.simulator.calls import Answer, Call
from receiver.simulator.simulation import Simulation
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import ADA, PHONE

TEXT = {"to_number": ADA, "type": "text", "message": "hi"}


def _rapidapi(simulation: Simulation, path: str, key: str | None) -> Answer:
    call = Call(method="GET", path=path, rapidapi_key=key)
    return answering.respond(simulation, call)


def _send(simulation: Simulation) -> Answer:
    return acting.ask(simulation, "POST", f"{PHONE}/sendMessage", fields=TEXT)


def _json(answer: Answer) -> Any:
    return json.loads(answer.body)


def test_rapidapi_needs_no_product_in_the_path() -> None:
    simulation = acting.simulation()
    key = simulation.options.rapidapi_key
    assert _json(_rapidapi(simulation, "/product", key)) == acting.get(simulation, "product")
    assert _json(_rapidapi(simulation, f"/{PHONE}/status", key))["success"]


@pytest.mark.parametrize("key", [None, "wrong", "simulated-token"])
def test_rapidapis_gateway_refuses_with_a_status(key: str | None) -> None:
    assert _rapidapi(acting.simulation(), "/product", key).status == 403


@pytest.mark.parametrize(
    "wrong",
    [{"token": "wrong"}, {"token": None}, {"path": "/api/other/product"}, {"path": "/api"}],
)
def test_a_wrong_product_or_token_is_refused_with_http_200(wrong: dict[str, str | None]) -> None:
    simulation = acting.simulation()
    options = simulation.options
    right = Call(method="GET", path=f"/api/{options.product_id}/product", token=options.token)
    answer = answering.respond(simulation, replace(right, **wrong))
    assert answer.status == 200
    assert _json(answer) == payloads.answer("error-product-id-wrong")


def test_an_unknown_word_is_taken_for_a_phone() -> None:
    answered = acting.get(acting.simulation(), "getWebhook")
    assert answered == payloads.answer("error-not-a-phone-instance")


def test_somebody_elses_phone_is_refused() -> None:
    answered = acting.get(acting.simulation(), "99999/status")
    assert answered == payloads.answer("error-not-your-phone")


@pytest.mark.parametrize("path", ["nonsense", "getMessages/a/b", ""])
def test_an_unknown_path_of_a_phone_is_refused_with_http_200(path: str) -> None:
    assert not acting.get(acting.simulation(), f"{PHONE}/{path}")["success"]


def test_the_wrong_method_is_an_unknown_path() -> None:
    assert not acting.get(acting.simulation(), f"{PHONE}/sendMessage")["success"]


def test_after_a_restart_all_but_the_session_answers_w05_for_a_while() -> None:
    simulation = acting.simulation()
    phones.restart(simulation, simulation.world.phones[PHONE])
    assert _json(_send(simulation)) == payloads.answer("error-w05-lib-not-loaded")
    assert acting.get(simulation, f"{PHONE}/status")["status"]["loading"]
    acting.told(simulation, within=simulation.options.restart_time)
    assert _json(_send(simulation))["success"]
    assert len(simulation.ledger.sent) == 1


def test_a_refused_call_does_nothing() -> None:
    simulation = acting.simulation(faults=acting.faults(refused_calls=1))
    answer = _send(simulation)
    assert (answer.status, _json(answer)["success"]) == (500, False)
    assert simulation.ledger.sent == []


def test_a_dropped_call_does_nothing() -> None:
    simulation = acting.simulation(faults=acting.faults(dropped_calls=1))
    assert _send(simulation).dropped
    assert simulation.ledger.sent == []


def test_a_lost_answer_is_of_a_call_that_was_carried_out() -> None:
    simulation = acting.simulation(faults=acting.faults(lost_answers=1))
    assert _send(simulation).dropped
    [sent] = simulation.ledger.sent
    assert not sent.answered
    acting.told(simulation)
    assert [it.status for it in simulation.ledger.sent] == ["seen"]


def test_a_call_that_timed_out_was_carried_out_or_not() -> None:
    simulation = acting.simulation(faults=acting.faults(timed_out_calls=1))
    assert {_send(simulation).status for _ in range(40)} == {504}
    assert 0 < len(simulation.ledger.sent) < 40
    assert {it.answered for it in simulation.ledger.sent} == {False}


def test_a_mishap_befalls_reads_as_well() -> None:
    simulation = acting.simulation(faults=acting.faults(lost_answers=1))
    assert acting.ask(simulation, "GET", "product").dropped
