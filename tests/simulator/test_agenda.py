"""What happens when: in order of time, then of planning."""

from __future__ import annotations

from datetime import timedelta

from receiver.simulator.agenda import Agenda
from tests.simulator.acting import START

LATER = START + timedelta(seconds=1)


def test_things_happen_in_order_of_time_then_of_planning() -> None:
    agenda, happened = Agenda(), []
    for due, name in ((LATER, "third"), (START, "first"), (START, "second")):
        agenda.plan(due, lambda name=name: happened.append(name))
    for _, action in agenda.until(LATER):
        action()
    assert happened == ["first", "second", "third"]


def test_what_is_not_due_waits() -> None:
    agenda = Agenda()
    agenda.plan(LATER, lambda: None)
    assert [*agenda.until(START)] == []
    assert agenda.next_due() == LATER


def test_what_is_planned_meanwhile_happens_in_the_same_go() -> None:
    agenda, happened = Agenda(), []
    agenda.plan(START, lambda: agenda.plan(START, lambda: happened.append("then")))
    for _, action in agenda.until(START):
        action()
    assert happened == ["then"]
    assert agenda.next_due() is None


def test_it_is_settled_when_only_the_unawaited_is_left() -> None:
    agenda = Agenda()
    agenda.plan(LATER, lambda: None, awaited=False)
    assert agenda.is_settled
    agenda.plan(START, lambda: None)
    assert not agenda.is_settled
