"""What Maytapi does not have: levers of the simulation itself, below `/simulator/`.

No fault touches them, and no key guards them: the simulator listens on this machine alone.
"""

from __future__ import annotations

from dataclasses import asdict

from receiver.simulator import contents, phones, talking
from receiver.simulator.calls import Answer, Call, refuse, succeed
from receiver.simulator.sending import chat_of
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone

PREFIX = "simulator"


def respond(simulation: Simulation, call: Call, name: str) -> Answer:
    """Pull a lever."""
    match call.method, name:
        case "POST", "say":
            return _say(simulation, call)
        case "POST", "scan":
            return _scan(simulation, call)
        case "GET", "ledger":
            return succeed(messages=[asdict(it) for it in simulation.ledger.messages])
        case _:
            return refuse("there are POST say, POST scan and GET ledger")


def _say(simulation: Simulation, call: Call) -> Answer:
    """Let `from` (the first person) say `text` to a phone, or in `group`."""
    world = simulation.world
    first = next(iter(world.people))
    person = world.people.get(chat_of(str(call.fields.get("from") or first)))
    group = world.groups.get(str(call.fields.get("group")))
    phone = _phone(simulation, call)
    if person is None or phone is None or bool(call.fields.get("group")) != bool(group):
        return refuse("there is no such person, group or phone")
    words = contents.text(str(call.fields.get("text") or ""))
    said = talking.say(simulation, person, words, phone=phone, group=group)
    return succeed(data={"chatId": said.chat_id, "id": said.whatsapp_id})


def _scan(simulation: Simulation, call: Call) -> Answer:
    """Scan a phone's QR code with a handset of the given `number`, or of a new one."""
    phone = _phone(simulation, call)
    if phone is None:
        return refuse("there is no such phone")
    phones.scan(simulation, phone, call.fields.get("number"))
    return succeed(data={"number": phone.number})


def _phone(simulation: Simulation, call: Call) -> Phone | None:
    """Return the phone that is meant, without a `phone_id` the first."""
    world = simulation.world
    return world.phone(str(call.fields.get("phone_id") or next(iter(world.phones))))
