"""What people say, of themselves and in answer."""

from __future__ import annotations

from receiver.simulator import contents, people, talking
from receiver.simulator.ledger import Direction
from receiver.simulator.options import Era
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Group, Phone
from tests.simulator import acting
from tests.simulator.acting import ADA, ADAS_CHAT, OTHER_PHONE, PHONE

HI = contents.text("hi")


def _phone(simulation: Simulation) -> Phone:
    return simulation.world.phones[PHONE]


def _group(simulation: Simulation) -> Group:
    return next(iter(simulation.world.groups.values()))


def test_a_group_message_comes_once_for_each_of_our_phones_with_the_same_id() -> None:
    simulation = acting.simulation()
    [member, *_] = talking.members(simulation, _group(simulation).id)
    talking.say(simulation, member, HI, phone=_phone(simulation), group=_group(simulation))
    one, other = acting.told(simulation)
    assert one["message"] == other["message"]
    assert (one["phone_id"], other["phone_id"]) == (PHONE, OTHER_PHONE)
    assert one["receiver"] != other["receiver"]


def test_what_is_typed_on_our_handset_is_told_as_ours_and_climbs_under_its_own_id() -> None:
    simulation = acting.simulation()
    talking.type_in(simulation, _phone(simulation), ADAS_CHAT, HI)
    message, *acks = acting.told(simulation)
    assert message["message"]["fromMe"] is True
    assert message["user"]["id"] == ADAS_CHAT
    entries = [entry for body in acks for entry in body["data"]]
    assert {(it["msgId"], it["rxid"]) for it in entries} == {(message["message"]["id"],) * 2}
    [written] = simulation.ledger.messages
    assert (written.direction, written.status) == (Direction.OUTGOING, "seen")


def test_what_our_phone_says_in_a_group_comes_to_our_others_as_a_strangers() -> None:
    simulation = acting.simulation(answering=False)
    acting.send(simulation, _group(simulation).id)
    echo, *acks = acting.told(simulation)
    assert (echo["phone_id"], echo["message"]["fromMe"]) == (OTHER_PHONE, False)
    rxid = acks[0]["data"][0]["rxid"]
    assert rxid.removeprefix("true") == echo["message"]["id"].removeprefix("false")


def test_typed_in_a_group_the_user_is_our_own_number() -> None:
    simulation = acting.simulation()
    talking.type_in(simulation, _phone(simulation), _group(simulation).id, HI)
    told = {it["phone_id"]: it for it in acting.of_type(acting.told(simulation), "message")}
    assert told[PHONE]["user"]["id"] == _phone(simulation).chat_id


def test_a_person_answers_until_out_of_patience() -> None:
    simulation = acting.simulation()
    for number in range(people.PATIENCE + 2):
        acting.send(simulation, message=f"message {number}")
    answers = [it["message"]["text"] for it in acting.of_type(acting.told(simulation), "message")]
    assert answers == [*people.LINES["en"][1:]]


def test_who_speaks_up_again_has_patience_again() -> None:
    simulation = acting.simulation()
    ada = simulation.world.people[ADAS_CHAT]
    for number in range(people.PATIENCE + 1):
        acting.send(simulation, message=f"message {number}")
    acting.told(simulation)
    talking.say(simulation, ada, HI, phone=_phone(simulation))
    acting.send(simulation, message="welcome back")
    told = acting.of_type(acting.told(simulation), "message")
    assert [it["message"]["text"] for it in told] == ["hi", people.answer(ada, 0)]


def test_a_group_answers_with_a_reaction() -> None:
    simulation = acting.simulation()
    acting.send(simulation, _group(simulation).id)
    acks = acting.of_type(acting.told(simulation), "ack")
    [reaction] = [it for body in acks for it in body["data"] if "reaction" in it]
    assert reaction["chatId"] == _group(simulation).id
    assert reaction["reactorId"] in _group(simulation).members


def test_a_group_without_people_does_not_answer() -> None:
    simulation = acting.simulation()
    group = simulation.world.add_group("ours", [_phone(simulation).chat_id], [])
    phone = _phone(simulation)
    talking.hear(simulation, phone, talking.type_in(simulation, phone, group.id, HI))
    assert not any("reaction" in str(body) for body in acting.told(simulation))


def test_nobody_answers_when_answers_are_switched_off() -> None:
    simulation = acting.simulation(answering=False)
    acting.send(simulation, ADA)
    assert acting.of_type(acting.told(simulation), "message") == []


def test_some_texts_quote_an_earlier_one_of_the_chat() -> None:
    simulation = acting.simulation()
    ada = simulation.world.people[ADAS_CHAT]
    for _ in range(50):
        talking.say(simulation, ada, HI, phone=_phone(simulation))
    quoted = [it["quoted"] for it in acting.told(simulation) if "quoted" in it]
    assert 0 < len(quoted) < 25
    assert {it["user"]["id"] for it in quoted} == {ADAS_CHAT}


def test_there_are_no_reactions_in_the_old_form() -> None:
    simulation = acting.simulation(era=Era.SEED)
    phone = _phone(simulation)
    ada = simulation.world.people[ADAS_CHAT]
    said = talking.say(simulation, ada, HI, phone=phone)
    talking.react(simulation, phone, said, ada)
    [message] = acting.told(simulation)
    assert message["type"] == "message"
