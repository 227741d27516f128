"""The endpoints of a phone's chats."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.simulator.simulation import Simulation
from receiver.simulator.world import PhoneState
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import ADA, ADAS_CHAT, NOBODY, PHONE, shape


def test_sending_answers_chat_and_id() -> None:
    answered = acting.post(
        acting.simulation(), f"{PHONE}/sendMessage", to_number=ADA, type="text", message="hi"
    )
    assert shape(answered) == shape(payloads.answer("sendMessage"))
    assert answered["data"]["chatId"] == ADAS_CHAT


@pytest.mark.parametrize("fields", [{"type": "text"}, {"to_number": ADA}, {}])
def test_what_is_missing_is_named(fields: dict[str, Any]) -> None:
    answered = acting.post(acting.simulation(), f"{PHONE}/sendMessage", **fields)
    assert not answered["success"]
    assert answered["message"].split()[0] in ("to_number", "type")


@pytest.mark.parametrize("state", [PhoneState.QR_CODE, PhoneState.IDLE, PhoneState.DISABLED])
def test_a_phone_that_is_not_connected_takes_nothing(state: PhoneState) -> None:
    simulation = acting.simulation()
    simulation.world.phones[PHONE].state = state
    answered = acting.post(simulation, f"{PHONE}/sendMessage", to_number=ADA, type="text")
    assert answered == {"success": False, "message": "phone not connected"}
    assert simulation.ledger.sent == []


def test_contacts_are_people_and_groups() -> None:
    simulation = acting.simulation()
    answered = acting.get(simulation, f"{PHONE}/contacts")
    assert shape(answered) == shape(payloads.answer("contacts"))
    assert {it["type"] for it in answered["data"]} == {"chat", "group"}
    [ada] = acting.get(simulation, f"{PHONE}/contact/{ADAS_CHAT}")["data"]
    assert ada["name"] == "Ada Brown"
    assert not acting.get(simulation, f"{PHONE}/contact/{NOBODY}@c.us")["success"]


def test_the_id_of_a_number_is_an_object_only_when_it_is_known() -> None:
    simulation = acting.simulation()
    known = acting.get(simulation, f"{PHONE}/checkNumberStatus", number=ADAS_CHAT)
    assert known == payloads.answer("checkNumberStatus-valid")
    unknown = acting.get(simulation, f"{PHONE}/checkNumberStatus", number=NOBODY)["result"]
    assert (unknown["id"], unknown["canReceiveMessage"]) == (f"{NOBODY}@c.us", False)


def test_many_numbers_are_checked_at_once() -> None:
    answered = acting.post(acting.simulation(), f"{PHONE}/checkPhones", numbers=[ADA, NOBODY])
    assert [it["valid"] for it in answered["data"]] == [True, False]
    assert shape(answered) == shape(payloads.answer("checkPhones"))


def _talk(simulation: Simulation, count: int) -> list[str]:
    return [acting.post_say(simulation, text=str(number)) for number in range(count)]


def test_what_was_said_is_shown_with_the_sender_beside_the_message() -> None:
    simulation = acting.simulation(answering=False)
    _talk(simulation, 1)
    acting.send(simulation)
    acting.told(simulation)
    answered = acting.get(simulation, f"{PHONE}/getMessages/{ADAS_CHAT}")["data"]
    sample = payloads.answer("getMessages")["data"]
    assert {*answered} == {*sample}
    assert shape(answered["messages"][0]) == shape(sample["messages"][0])
    assert [it["fromMe"] for it in answered["messages"]] == [False, True]
    assert {*answered["users"]} == {it["uid"] for it in answered["messages"]}


@pytest.mark.parametrize("name", ["getMessages", "getConversations"])
def test_the_number_of_messages_is_count_and_limit_is_ignored(name: str) -> None:
    simulation = acting.simulation()
    ids = _talk(simulation, 10)
    path = f"{PHONE}/{name}/{ADAS_CHAT}"

    def shown(**query: str) -> list[str]:
        rows = acting.get(simulation, path, **query)["data"]["messages"]
        return [row["message"]["id"] for row in rows]

    assert shown(limit="3") == ids
    assert shown(count="3") == ids[-3:]
    assert shown(count="3", page="1") == ids[-6:-3]
    assert shown(count="3", page="9") == []


def test_chats_are_listed_the_latest_first() -> None:
    simulation = acting.simulation()
    acting.post_say(simulation)
    simulation.advance(simulation.now.replace(hour=13))
    acting.post_say(simulation, **{"from": "15550100012"})
    chats = acting.get(simulation, f"{PHONE}/getConversations")
    assert [it["id"] for it in chats] == ["15550100012@c.us", ADAS_CHAT]


def test_one_message_is_found_by_either_id() -> None:
    simulation = acting.simulation(answering=False)
    msg_id = acting.send(simulation)
    acting.told(simulation)
    by_uuid = acting.get(simulation, f"{PHONE}/getMessage/{msg_id}")
    whatsapp_id = by_uuid["data"]["message"]["id"]
    assert acting.get(simulation, f"{PHONE}/getMessage/{whatsapp_id}") == by_uuid
    assert not acting.get(simulation, f"{PHONE}/getMessage/unknown")["success"]


def test_a_catalogue_has_products() -> None:
    assert acting.get(acting.simulation(), f"{PHONE}/catalog")["data"][0]["productId"]


@pytest.mark.parametrize("change", ["add", "edit", "remove"])
def test_a_change_of_a_contact_is_taken_whatever_it_says(change: str) -> None:
    assert acting.post(acting.simulation(), f"{PHONE}/contact/{change}", name="x")["success"]
