"""What happens of itself in a day: mostly somebody writes."""

from __future__ import annotations

from datetime import timedelta

from receiver.simulator import contents, notifications, people, phones, talking
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState, Said

BURST = 5

_LIVE_EVENTS = ("taken_by_agent", "released_by_agent", "closed")


def chat(simulation: Simulation, *, every: timedelta, count: int | None = None) -> None:
    """Let something happen so often, until it did `count` times or for ever."""

    def go_on(left: int | None) -> None:
        if left == 0:
            return
        bursting = simulation.luck.random() < simulation.options.faults.bursts
        for _ in range(BURST if bursting else 1):
            something(simulation)
        plan(None if left is None else left - 1)

    def plan(left: int | None) -> None:
        simulation.later(every, lambda: go_on(left), awaited=left is not None)

    plan(count)


def something(simulation: Simulation) -> None:
    """Let anything happen."""
    life = simulation.life
    phone = life.choice([*simulation.world.phones.values()])
    drawn = life.random()
    if drawn < 0.06 and phone.history:
        said = life.choice(phone.history[-20:])
        talking.react(simulation, phone, said, life.choice([*simulation.world.people.values()]))
    elif drawn < 0.10 and (polls := [it for it in phone.history if it.content["type"] == "poll"]):
        votes = contents.votes(polls[-1].content, life)
        simulation.collect(phone, notifications.tally(polls[-1], votes, at=simulation.now))
    elif drawn < 0.16:
        person = life.choice([*simulation.world.people.values()])
        words = contents.text(people.opening(person))
        talking.type_in(simulation, phone, person.chat_id, words)
    elif drawn < 0.17:
        stumble(simulation, phone)
    elif drawn < 0.19:
        live(simulation, phone)
    else:
        anybody(simulation, phone=phone)


def anybody(simulation: Simulation, *, phone: Phone) -> Said:
    """Let anybody write anything, in half of the cases a text."""
    life = simulation.life
    kind = "text" if life.random() < 0.5 else life.choice(contents.TYPES)
    return write(simulation, kind, phone=phone)


def write(simulation: Simulation, kind: str, *, phone: Phone) -> Said:
    """Let anybody write a message of this type, to the phone or in a group."""
    life, world = simulation.life, simulation.world
    in_group = kind in contents.GROUP_ONLY or life.random() < 0.3
    group = life.choice([*world.groups.values()]) if in_group and world.groups else None
    everybody = talking.members(simulation, group.id) if group else []
    if not everybody:
        group, everybody = None, [*world.people.values()]
    person = life.choice(everybody)
    content = contents.make(kind, person, life, simulation.ids.file())
    return talking.say(simulation, person, content, phone=phone, group=group)


def stumble(simulation: Simulation, phone: Phone) -> None:
    """Let a phone lose its connection for some seconds; what is sent meanwhile waits."""
    if phone.state is PhoneState.ACTIVE:
        phones.change(simulation, phone, PhoneState.PHONE_ERROR)
        simulation.in_life(3, 10, lambda: phones.change(simulation, phone, PhoneState.ACTIVE))


def live(simulation: Simulation, phone: Phone) -> None:
    """Let an agent take a conversation, or be done with it."""
    person = simulation.life.choice([*simulation.world.people.values()])
    event = simulation.life.choice(_LIVE_EVENTS)
    body = notifications.live(simulation.source(phone), person.chat_id, event)
    simulation.post(phone, "live_event", body)
