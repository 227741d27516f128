"""What people say and do, of themselves and in answer, and what our phones' owners type."""

from __future__ import annotations

from dataclasses import replace

from receiver.simulator import contents, notifications, people, ticking
from receiver.simulator.contents import Content
from receiver.simulator.ids import Device, serialized
from receiver.simulator.ledger import Direction, Message
from receiver.simulator.people import Person
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Group, Phone, Said


def say(
    simulation: Simulation,
    person: Person,
    content: Content,
    *,
    phone: Phone,
    group: Group | None = None,
) -> Said:
    """Let somebody write to a phone, or to a group: then all our phones there are told."""
    simulation.turns.pop((phone.id, person.chat_id), None)
    return _utter(simulation, person, content, phone=phone, group=group)


def type_in(simulation: Simulation, phone: Phone, chat_id: str, content: Content) -> Said:
    """Let the owner of one of our phones write on the handset."""
    said = write_own(simulation, phone, chat_id, content, Device.ANDROID)
    partner = simulation.world.people.get(chat_id)
    user = notifications.user(partner) if partner else _owner(phone)
    name = _tell(simulation, phone, said, user)
    ticking.climb(simulation, phone, said, name)
    return said


def write_own(
    simulation: Simulation, phone: Phone, chat_id: str, content: Content, device: Device
) -> Said:
    """Put a message of one of our phones into a chat; in a group our others hear it as well."""
    group = simulation.world.groups.get(chat_id)
    key = simulation.ids.key(device)
    participant = phone.chat_id if group else None
    said = Said(
        chat_id=chat_id,
        whatsapp_id=serialized(chat_id, key, from_me=True, participant=participant),
        key=key,
        uid=phone.chat_id,
        from_me=True,
        at=simulation.now,
        content=content,
        name=simulation.world.name_of(chat_id),
    )
    phone.remember(said)
    if group:
        _echo(simulation, phone, group, said)
    return said


def hear(simulation: Simulation, phone: Phone, said: Said) -> None:
    """Let whoever has seen a message of ours answer it: a person in words, a group by an emoji."""
    if not simulation.options.answering:
        return
    if person := simulation.world.people.get(said.chat_id):
        turn = simulation.turns[phone.id, person.chat_id]
        simulation.turns[phone.id, person.chat_id] += 1
        if words := people.answer(person, turn):
            simulation.in_life(
                1, 4, lambda: _utter(simulation, person, contents.text(words), phone=phone)
            )
    elif hearers := members(simulation, said.chat_id):
        react(simulation, phone, said, simulation.life.choice(hearers))


def react(simulation: Simulation, phone: Phone, said: Said, person: Person) -> None:
    """Let somebody react to a message."""
    entry = notifications.reaction(
        said,
        contents.reaction(simulation.life),
        reactor=person,
        key=simulation.ids.key(Device.WEB),
        at=simulation.now,
    )
    simulation.collect(phone, entry)


def members(simulation: Simulation, chat_id: str) -> list[Person]:
    """Return the people of a group; our own phones are none."""
    group = simulation.world.groups.get(chat_id)
    known = simulation.world.people
    return [known[it] for it in group.members if it in known] if group else []


def _utter(
    simulation: Simulation,
    person: Person,
    content: Content,
    *,
    phone: Phone,
    group: Group | None = None,
) -> Said:
    hidden = bool(group) and simulation.luck.random() < simulation.options.faults.hidden_senders
    participant = person.hidden_id if hidden else person.chat_id
    chat_id = group.id if group else person.chat_id
    key = simulation.ids.key(person.device)
    said = Said(
        chat_id=chat_id,
        whatsapp_id=serialized(
            chat_id, key, from_me=False, participant=participant if group else None
        ),
        key=key,
        uid=participant,
        from_me=False,
        at=simulation.now,
        content=content,
        name=simulation.world.name_of(chat_id),
    )
    user = notifications.NOBODY if hidden else notifications.user(person)
    for hearer in [*simulation.world.phones_in(group)] if group else [phone]:
        _arrive(simulation, hearer, said, user)
    return said


def _echo(simulation: Simulation, phone: Phone, group: Group, said: Said) -> None:
    # What one of our phones says in a group is a stranger's message to the others (quirk 3).
    name = serialized(said.chat_id, said.key, from_me=False, participant=phone.chat_id)
    heard = replace(said, whatsapp_id=name, from_me=False)
    for other in [*simulation.world.phones_in(group)]:
        if other is not phone:
            _arrive(simulation, other, heard, _owner(phone))


def _arrive(simulation: Simulation, phone: Phone, said: Said, user: dict[str, str]) -> None:
    phone.remember(said)
    _tell(simulation, phone, said, user, quoted=_quotation(simulation, phone, said))


def _tell(
    simulation: Simulation,
    phone: Phone,
    said: Said,
    user: dict[str, str],
    *,
    quoted: dict[str, object] | None = None,
) -> str:
    """Post a message and write it down; return the id that it has in its notification."""
    source = simulation.source(phone)
    body = notifications.message(source, said, user=user, chat_name=said.name, quoted=quoted)
    name = notifications.message_id(source.era, said)
    simulation.ledger.write(
        Message(
            phone_id=str(phone.id),
            chat_id=said.chat_id,
            direction=Direction.OUTGOING if said.from_me else Direction.INCOMING,
            type=said.content["type"],
            text=said.text,
            sent_at=said.at,
            whatsapp_id=name,
            told=simulation.post(phone, "message", body),
        )
    )
    return name


def _quotation(simulation: Simulation, phone: Phone, said: Said) -> dict[str, object] | None:
    """Let every eighth text or so answer to an earlier message of the same chat."""
    if said.content["type"] != "text" or int(said.key[-2:], 16) >= 32:
        return None
    for earlier in reversed(phone.history[:-1]):
        person = simulation.world.people.get(earlier.uid)
        if earlier.chat_id == said.chat_id and person:
            return notifications.quotation(simulation.options.era, earlier, person)
    return None


def _owner(phone: Phone) -> dict[str, str]:
    return {"id": phone.chat_id, "name": "", "phone": phone.number or ""}
