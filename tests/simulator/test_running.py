"""A simulator beside a test, driven from its thread."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest

from receiver.errors import StartError
from receiver.simulator import contents, phones
from receiver.simulator.options import Options
from receiver.simulator.running import address, listen, running
from receiver.simulator.simulation import Simulation
from tests.simulator.acting import PHONE
from tests.simulator.hook import hook

FAST = Options(pace=0, ack_interval=timedelta(milliseconds=5))


def test_what_is_said_has_been_told_once_it_is_settled() -> None:
    with hook() as webhook, running(FAST) as simulator:
        simulator.point_at(webhook.url)
        simulator.say("hello")
        simulator.say(contents.media("image", "FILE"), person=simulator.people[1])
        simulator.say("hi all", group=simulator.groups[0])
        simulator.say("over there", phone_id=str(PHONE + 1))
        simulator.settle()
        told = [json.loads(body) for body in webhook.bodies]
    assert [it["message"].get("text", it["message"]["type"]) for it in told] == [
        "hello",
        "image",
        "hi all",
        "hi all",
        "over there",
    ]
    assert [it["phone_id"] - PHONE for it in told] == [0, 0, 0, 1, 1]
    assert simulator.ledger.unheard == []


def test_chatter_comes_to_an_end_when_it_is_counted() -> None:
    with hook() as webhook, running(FAST) as simulator:
        simulator.point_at(webhook.url)
        simulator.chat(count=20)
        simulator.settle()
        assert len(webhook.bodies) >= 15


def test_whatever_happens_can_be_let_happen() -> None:
    def log_out(simulation: Simulation) -> None:
        phones.log_out(simulation, simulation.world.phones[PHONE])

    with hook() as webhook, running(FAST) as simulator:
        simulator.point_at(webhook.url)
        simulator.do(log_out)
        simulator.settle()
        assert [json.loads(body)["status"] for body in webhook.bodies] == ["qr-code"]


def test_it_is_not_settled_while_the_webhook_refuses() -> None:
    with hook(*[503] * 100) as webhook, running(FAST) as simulator:
        simulator.point_at(webhook.url)
        simulator.say("hello")
        with pytest.raises(TimeoutError):
            simulator.settle(within=timedelta(milliseconds=200))


def test_the_settings_lead_a_receiver_to_it() -> None:
    with running(FAST) as simulator:
        assert simulator.settings == {
            "RECEIVER_MAYTAPI_BASE_URL": f"{simulator.url}/api",
            "RECEIVER_MAYTAPI_PRODUCT_ID": FAST.product_id,
            "RECEIVER_MAYTAPI_TOKEN": FAST.token,
            "RECEIVER_MAYTAPI_PHONE_ID": str(PHONE),
        }


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=str(port)), listen(port):
            pass


def test_it_listens_on_this_machine_alone() -> None:
    with listen(0) as listener:
        assert address(listener).startswith("http://127.0.0.1:")


def test_nothing_is_left_listening() -> None:
    with running(FAST) as simulator:
        port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
