"""What becomes of a call of sendMessage."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.simulator import sending
from receiver.simulator.options import Era
from receiver.simulator.world import PhoneState
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import ADA, ADAS_CHAT, NOBODY, PHONE


def test_success_means_queued_and_no_more() -> None:
    simulation = acting.simulation()
    msg_id = acting.send(simulation)
    assert acting.get(simulation, f"{PHONE}/queue")["stats"] == {"sending": 1}
    acting.told(simulation)
    assert acting.get(simulation, f"{PHONE}/queue")["stats"] == {"sending": 0}
    sent = simulation.ledger.outgoing(msg_id)
    assert sent
    assert str(sent.whatsapp_id).startswith(f"true_{ADAS_CHAT}_3EB0")


@pytest.mark.parametrize("number", [ADA, f"+{ADA}", ADAS_CHAT])
def test_a_number_may_be_written_in_three_ways(number: str) -> None:
    assert sending.chat_of(number) == ADAS_CHAT


def test_the_ack_names_the_answer_and_whatsapps_id() -> None:
    simulation = acting.simulation(answering=False)
    msg_id = acting.send(simulation)
    entries = [entry for body in acting.told(simulation) for entry in body["data"]]
    sent = simulation.ledger.outgoing(msg_id)
    assert sent
    assert {(it["msgId"], it["rxid"]) for it in entries} == {(msg_id, sent.whatsapp_id)}


@pytest.mark.parametrize(
    ("to", "fields", "text"),
    [
        (NOBODY, {}, "NOT_ON_WHATSAPP"),
        ("120363999999999999@g.us", {}, "NOT_ON_WHATSAPP"),
        (ADA, {"type": "poll"}, "Options are required."),
        (ADA, {"type": "delete", "message": "unknown"}, "message not found"),
    ],
)
def test_what_cannot_be_sent_is_accepted_and_told_later(
    to: str, fields: dict[str, Any], text: str
) -> None:
    simulation = acting.simulation()
    msg_id = acting.send(simulation, to, **fields)
    [body] = acting.told(simulation)
    assert body["type"] == "error"
    assert text in body["message"]
    assert body["data"]["id"] == msg_id
    assert body["data"]["to_number"] == to
    assert [it.status for it in simulation.ledger.sent] == ["failed"]


def test_who_has_left_a_group_cannot_send_there() -> None:
    simulation = acting.simulation()
    group = next(iter(simulation.world.groups))
    acting.post(simulation, f"{PHONE}/leaveGroup", id=group)
    acting.send(simulation, group)
    [body] = acting.told(simulation)
    assert body["message"] == "NOT_A_PARTICIPANT"


def test_the_repeat_filter_swallows_the_fourth_without_a_word() -> None:
    simulation = acting.simulation(answering=False)
    ids = [acting.send(simulation) for _ in range(4)]
    acting.told(simulation)
    assert len({*ids}) == 4
    assert [it.status for it in simulation.ledger.sent] == ["seen"] * 3 + ["accepted"]
    assert [it.filtered for it in simulation.ledger.sent] == [False] * 3 + [True]


def test_skip_filter_turns_the_filter_off() -> None:
    simulation = acting.simulation(answering=False)
    for _ in range(4):
        acting.send(simulation, skip_filter=True)
    acting.told(simulation)
    assert [it.status for it in simulation.ledger.sent] == ["seen"] * 4


def test_the_filter_looks_at_one_conversation_and_at_three_messages() -> None:
    simulation = acting.simulation()
    for _ in range(3):
        acting.send(simulation)
    acting.send(simulation, "15550100012")
    for other in "abc":
        acting.send(simulation, message=other)
    acting.send(simulation)
    assert not any(it.filtered for it in simulation.ledger.sent)


def test_with_a_dead_session_messages_pile_up_and_go_out_later() -> None:
    simulation = acting.simulation(answering=False)
    phone = simulation.world.phones[PHONE]
    phone.state = PhoneState.PHONE_ERROR
    for number in range(3):
        acting.send(simulation, message=str(number))
    assert acting.told(simulation) == []
    assert len(phone.queue) == 3
    phone.state = PhoneState.ACTIVE
    sending.work(simulation, phone)
    assert [said.text for said in phone.history] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("text", "text", "Hello World!"),
        ("text-reply", "text", "Message Text"),
        ("media-url", "image", "Message Caption (optional)"),
        ("media-base64", "image", "Message Caption (optional)"),
        ("image", "image", "Image Response"),
        ("sticker", "sticker", None),
        ("location", "location", None),
        ("contact", "vcard", None),
        ("vcard", "vcard", None),
        ("link", "text", "optional text\nhttps://example.invalid/"),
        ("forward", "text", "false_15550100001-1500000000@g.us_3EB0A81ECEA6D47F2F13"),
        ("product", "product", None),
        ("buttons", "text", "Message Body"),
    ],
)
def test_every_documented_request_becomes_a_message_that_climbs(
    name: str, kind: str, text: str | None
) -> None:
    simulation = acting.simulation(answering=False)
    msg_id = acting.send(simulation, **payloads.request(name))
    acting.told(simulation)
    sent = simulation.ledger.outgoing(msg_id)
    assert sent
    assert (sent.type, sent.text, sent.status) == (kind, text, "seen")


@pytest.mark.parametrize("name", ["edit", "reaction"])
def test_edits_and_reactions_of_ours_are_accepted_and_told_to_nobody(name: str) -> None:
    simulation = acting.simulation()
    acting.send(simulation, **payloads.request(name))
    assert acting.told(simulation) == []
    assert [it.status for it in simulation.ledger.sent] == ["accepted"]


@pytest.mark.parametrize("by_uuid", [True, False])
def test_a_deletion_is_told_of_the_deleted_one(by_uuid: bool) -> None:
    simulation = acting.simulation(answering=False)
    msg_id = acting.send(simulation)
    acting.told(simulation)
    sent = simulation.ledger.outgoing(msg_id)
    assert sent
    acting.send(simulation, type="delete", message=msg_id if by_uuid else sent.whatsapp_id)
    [body] = acting.told(simulation)
    [entry] = body["data"]
    assert (entry["ackType"], entry["ackCode"], entry["msgId"]) == ("deleted", 5, msg_id)
    assert simulation.ledger.sent[0].deleted


def test_a_forwarded_message_says_the_same() -> None:
    simulation = acting.simulation(answering=False)
    said = acting.post_say(simulation)
    acting.send(simulation, type="forward", message=said)
    assert simulation.ledger.sent[-1].text == "hello"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("https://files.example.invalid/a.MP4", "video"),
        ("data:audio/ogg;base64,AAAA", "ptt"),
        ("https://files.example.invalid/a.mp3", "audio"),
        ("https://files.example.invalid/a.zip", "document"),
    ],
)
def test_media_are_told_apart_by_what_they_look_like(message: str, kind: str) -> None:
    simulation = acting.simulation()
    acting.send(simulation, type="media", message=message)
    assert [it.type for it in simulation.ledger.sent] == [kind]


def test_with_early_acks_the_first_tick_is_told_at_once() -> None:
    simulation = acting.simulation(faults=acting.faults(early_acks=1), answering=False)
    answer = acting.ask(
        simulation,
        "POST",
        f"{PHONE}/sendMessage",
        fields={"to_number": ADA, "type": "text", "message": "hi"},
    )
    assert answer.early
    assert [it.status for it in simulation.ledger.sent] == ["delivered"]


def test_in_the_old_form_nobody_has_played_a_voice_message() -> None:
    simulation = acting.simulation(era=Era.SEED, answering=False)
    acting.send(simulation, type="audio", message="x")
    acting.told(simulation)
    assert [it.status for it in simulation.ledger.sent] == ["seen"]
