"""The endpoints of groups."""

from __future__ import annotations

import pytest

from receiver.simulator.simulation import Simulation
from tests import payloads
from tests.simulator import acting
from tests.simulator.acting import ADA, ADAS_CHAT, PHONE, shape

NEW = "15550100020"


def _first(simulation: Simulation) -> str:
    return next(iter(simulation.world.groups))


def test_a_group_is_opened_and_can_be_written_to() -> None:
    simulation = acting.simulation()
    answered = acting.post(simulation, f"{PHONE}/createGroup", name="new", numbers=[ADA])
    assert shape(answered) == shape(payloads.answer("createGroup"))
    acting.send(simulation, answered["data"]["id"])
    acting.told(simulation)
    assert [it.status for it in simulation.ledger.sent] == ["seen"]


@pytest.mark.parametrize("fields", [{"name": "new", "numbers": []}, {"numbers": [ADA]}])
def test_an_empty_group_is_refused_with_http_200(fields: dict[str, object]) -> None:
    answered = acting.post(acting.simulation(), f"{PHONE}/createGroup", **fields)
    assert answered == payloads.answer("error-create-group")


def test_groups_are_listed_and_shown() -> None:
    simulation = acting.simulation()
    listed = acting.get(simulation, f"{PHONE}/getGroups")
    assert shape(listed) == shape(payloads.answer("getGroups"))
    shown = acting.get(simulation, f"{PHONE}/getGroups/{_first(simulation)}")
    assert shown["data"] == listed["data"][0]
    assert not acting.get(simulation, f"{PHONE}/getGroups/unknown@g.us")["success"]


@pytest.mark.parametrize("number", [f"{NEW}@c.us", [NEW]], ids=["one", "several"])
def test_members_and_admins_come_and_go(number: object) -> None:
    simulation = acting.simulation()
    group = simulation.world.groups[_first(simulation)]
    for change, members, admins in (
        ("add", True, False),
        ("promote", True, True),
        ("demote", True, False),
        ("promote", True, True),
        ("remove", False, False),
        ("promote", False, False),
    ):
        fields = {"conversation_id": group.id, "number": number}
        assert acting.post(simulation, f"{PHONE}/group/{change}", **fields)["success"]
        assert (f"{NEW}@c.us" in group.members) is members, change
        assert (f"{NEW}@c.us" in group.admins) is admins, change


def test_who_is_not_in_a_group_changes_nothing() -> None:
    simulation = acting.simulation()
    group = _first(simulation)
    assert acting.post(simulation, f"{PHONE}/leaveGroup", id=group)["success"]
    fields = {"conversation_id": group, "number": ADAS_CHAT}
    refused = acting.post(simulation, f"{PHONE}/group/add", **fields)
    assert refused["message"] == "NOT_A_PARTICIPANT"
    assert not acting.post(simulation, f"{PHONE}/leaveGroup", id=group)["success"]


@pytest.mark.parametrize("path", ["group/add", "group/config"])
def test_an_unknown_group_is_refused(path: str) -> None:
    fields = {"conversation_id": "unknown@g.us", "number": ADA}
    assert not acting.post(acting.simulation(), f"{PHONE}/{path}", **fields)["success"]


def test_a_group_is_configured_in_parts() -> None:
    simulation = acting.simulation()
    fields = {"conversation_id": _first(simulation), "config": {"send": "admins", "other": 1}}
    answered = acting.post(simulation, f"{PHONE}/group/config", **fields)
    assert shape(answered) == shape(payloads.answer("group-config"))
    assert answered["data"]["send"] == "admins"
    del fields["config"]
    assert acting.post(simulation, f"{PHONE}/group/config", **fields) == answered


def test_a_picture_must_be_given() -> None:
    simulation = acting.simulation()
    assert acting.post(simulation, f"{PHONE}/setProfileImage", image="https://x")["success"]
    assert not acting.post(simulation, f"{PHONE}/setProfileImage")["success"]
