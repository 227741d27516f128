"""Bodies have the fields, the names and the types of the samples."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.simulator import chatter, contents, notifications, phones, talking
from receiver.simulator.options import Era
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import PhoneState
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import ADAS_CHAT, NOBODY, PHONE


def _direct(simulation: Simulation, content: contents.Content) -> Any:
    world = simulation.world
    talking.say(simulation, world.people[ADAS_CHAT], content, phone=world.phones[PHONE])
    [body] = acting.told(simulation)
    return body


def _in_group(simulation: Simulation, content: contents.Content) -> Any:
    world = simulation.world
    group = next(iter(world.groups.values()))
    person = talking.members(simulation, group.id)[0]
    talking.say(simulation, person, content, phone=world.phones[PHONE], group=group)
    return acting.told(simulation)[0]


@pytest.mark.parametrize(
    ("sample", "content"),
    [
        ("message-text-group", contents.text("hi")),
        ("message-image-group", contents.media("image", "FILE")),
        ("message-document-group", contents.media("document", "FILE")),
        ("message-sticker-group", contents.media("sticker", "FILE")),
        ("message-ptt-group", contents.media("ptt", "FILE")),
        ("message-poll-group", contents.poll("?", ["a", "b"], only_one=False)),
    ],
)
def test_a_message_of_today_has_the_shape_of_its_sample(
    sample: str, content: contents.Content
) -> None:
    assert acting.shape(_in_group(acting.simulation(), content)) == acting.shape(
        payloads.load(sample)
    )


def test_a_direct_message_has_the_shape_of_its_sample() -> None:
    body = _direct(acting.simulation(), contents.text("hi"))
    assert acting.shape(body) == acting.shape(payloads.load("message-text-dm"))


def test_an_old_message_has_the_shape_of_its_sample_and_an_id() -> None:
    body = _direct(acting.simulation(era=Era.SEED), contents.text("hi"))
    sample = payloads.load("message-text-seed-era")
    del sample["user"]["image"]
    assert acting.shape(body) == acting.shape(
        sample | {"message": sample["message"] | {"id": "", "fromMe": False}}
    )
    assert "_" not in body["message"]["id"]


def test_a_hidden_sender_is_blank_as_in_the_sample() -> None:
    simulation = acting.simulation(faults=acting.faults(hidden_senders=1))
    body = _in_group(simulation, contents.text("hi"))
    sample = payloads.load("message-text-group-lid-blank-user")
    assert acting.shape(body) == acting.shape(sample)
    assert body["user"] == sample["user"]
    assert body["message"]["id"].endswith("@lid")


def test_info_says_nothing_of_whose_it_is() -> None:
    info = {"type": "info", "subtype": "group/add", "participant": ADAS_CHAT}
    assert "fromMe" not in _in_group(acting.simulation(), info)["message"]


def test_acks_have_the_shape_of_their_samples() -> None:
    for era, sample in (
        (Era.MODERN, "ack-delivered-group"),
        (Era.SEED, "ack-batch-seed-bare-array"),
    ):
        simulation = acting.simulation(era=era, answering=False)
        acting.send(simulation)
        assert acting.shape(acting.told(simulation)[0]) == acting.shape(payloads.load(sample))


def test_a_reaction_has_the_shape_of_its_sample() -> None:
    simulation = acting.simulation()
    phone, ada = simulation.world.phones[PHONE], simulation.world.people[ADAS_CHAT]
    said = talking.say(simulation, ada, contents.text("hi"), phone=phone)
    talking.react(simulation, phone, said, ada)
    [body] = acting.of_type(acting.told(simulation), "ack")
    [sample] = payloads.load("ack-reaction")["data"]
    assert acting.shape(body["data"]) == [acting.shape(sample)]


def test_a_failed_send_has_the_shape_of_its_sample() -> None:
    simulation = acting.simulation()
    acting.send(simulation, type="poll", only_one="true", **{"options[]": ["a", "b"]})
    [body] = acting.told(simulation)
    assert acting.shape(body) == acting.shape(payloads.load("error-f04-poll-options"))
    assert (body["code"], body["message"]) == ("F04", "Options are required.")


def test_an_error_may_come_without_a_code() -> None:
    simulation = acting.simulation()
    acting.send(simulation, NOBODY)
    [body] = acting.told(simulation)
    assert "code" not in body


@pytest.mark.parametrize(
    ("era", "sample"), [(Era.MODERN, "status-active"), (Era.SEED, "status-loading")]
)
def test_a_status_has_the_shape_of_its_sample(era: Era, sample: str) -> None:
    simulation = acting.simulation(era=era)
    phones.change(simulation, simulation.world.phones[PHONE], PhoneState.PHONE_ERROR)
    [body] = acting.told(simulation)
    assert acting.shape(body) == acting.shape(payloads.load(sample))


def test_a_live_event_has_the_shape_of_its_sample() -> None:
    simulation = acting.simulation()
    chatter.live(simulation, simulation.world.phones[PHONE])
    [body] = acting.told(simulation)
    sample = payloads.load("live-event-taken-by-agent")
    assert acting.shape(body) == acting.shape(sample | {"phone_id": 12345})


def test_times_are_whole_seconds() -> None:
    assert notifications.seconds(acting.START) == 1_767_614_400


def test_the_reply_url_is_maytapis_wherever_the_simulator_runs() -> None:
    body = _direct(acting.simulation(), contents.text("hi"))
    assert body["reply"].startswith("https://api.maytapi.com/api/")
