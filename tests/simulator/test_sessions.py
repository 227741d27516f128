"""The endpoints of a phone's session."""

from __future__ import annotations

import pytest

from receiver.simulator import phones
from receiver.simulator.options import Era
from receiver.simulator.world import PhoneState
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import PHONE, shape

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("era", "sample"), [(Era.SEED, "status-seed"), (Era.MODERN, "status-modern")]
)
def test_a_session_tells_how_it_is(era: Era, sample: str) -> None:
    answered = acting.get(acting.simulation(era=era), f"{PHONE}/status")
    assert shape(answered) == shape(payloads.answer(sample))


@pytest.mark.parametrize(
    ("state", "true"),
    [
        (PhoneState.QR_CODE, "isQr"),
        (PhoneState.IDLE, "isQr"),
        (PhoneState.LOADING, "loading"),
        (PhoneState.PHONE_ERROR, "connRetry"),
    ],
)
def test_a_session_in_trouble_has_no_state(state: PhoneState, true: str) -> None:
    simulation = acting.simulation()
    simulation.world.phones[PHONE].state = state
    status = acting.get(simulation, f"{PHONE}/status")["status"]
    assert status[true] is True
    assert status["loggedIn"] is False
    assert "state" not in status


def test_the_screen_is_a_picture_and_the_code_is_refused_while_logged_in() -> None:
    simulation = acting.simulation()
    shown = acting.ask(simulation, "GET", f"{PHONE}/screen")
    assert (shown.media_type, shown.body[:8]) == ("image/png", PNG)
    assert not acting.get(simulation, f"{PHONE}/qrCode")["success"]


def test_logged_out_both_are_the_code() -> None:
    simulation = acting.simulation()
    acting.post(simulation, f"{PHONE}/logout")
    screen, code = (acting.ask(simulation, "GET", f"{PHONE}/{it}") for it in ("screen", "qrCode"))
    assert screen.body == code.body
    assert code.body[:8] == PNG


def test_without_a_session_json_comes_in_place_of_a_picture() -> None:
    simulation = acting.simulation()
    acting.post(simulation, f"{PHONE}/restart")
    answer = acting.ask(simulation, "GET", f"{PHONE}/screen")
    assert (answer.status, answer.media_type) == (200, "application/json")


@pytest.mark.parametrize(("method", "path"), [("POST", "restart"), ("GET", "restart")])
def test_a_restart_is_asked_for_in_both_ways(method: str, path: str) -> None:
    simulation = acting.simulation()
    acting.ask(simulation, method, f"{PHONE}/{path}")
    assert phones.is_restarting(simulation, simulation.world.phones[PHONE])


def test_a_deletion_says_what_it_did() -> None:
    simulation = acting.simulation()
    answered = acting.get(simulation, f"{PHONE}/delete")
    assert (answered["type"], answered["phone_id"]) == ("deleted", PHONE)
    assert acting.get(simulation, f"{PHONE}/status")["status"]["isQr"]


def test_a_redeploy_says_which_phone() -> None:
    answered = acting.get(acting.simulation(), f"{PHONE}/redeploy")
    assert answered == payloads.answer("redeploy")


def test_a_backup_restores_the_session() -> None:
    simulation = acting.simulation()
    backup = acting.post(simulation, f"{PHONE}/backup")["data"]
    acting.post(simulation, f"{PHONE}/logout")
    assert not acting.post(simulation, f"{PHONE}/backup")["success"]
    assert not acting.post(simulation, f"{PHONE}/restore", WABrowserId="x")["success"]
    assert acting.post(simulation, f"{PHONE}/restore", **backup)["success"]
    assert acting.get(simulation, f"{PHONE}/status")["status"]["loggedIn"]


def test_a_phone_has_settings_of_its_own() -> None:
    simulation = acting.simulation()
    shown = acting.get(simulation, f"{PHONE}/config")
    assert shape(shown) == shape(payloads.answer("config"))
    own = {"webhook": "http://127.0.0.1:2/own", "ack_delivery": True}
    assert acting.post(simulation, f"{PHONE}/config", **own)["status"] == own
    acting.post_say(simulation)
    [notification] = simulation.advance(simulation.now)
    assert notification.url == own["webhook"]
    assert acting.post(simulation, f"{PHONE}/config")["status"] == own


def test_a_purged_queue_is_never_sent() -> None:
    simulation = acting.simulation()
    acting.send(simulation)
    assert acting.get(simulation, f"{PHONE}/queue") == {"success": True, "stats": {"sending": 1}}
    acting.get(simulation, f"{PHONE}/purgeQueue")
    assert acting.told(simulation) == []
