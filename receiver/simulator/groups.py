"""The endpoints of groups (protocol, section b)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from receiver.simulator.calls import Answer, Call, refuse, succeed
from receiver.simulator.sending import chat_of
from receiver.simulator.sessions import Endpoint
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Group, Phone

LIMIT = 500

Change = Callable[[Group, list[str]], None]


def create(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Open a group; without anybody to be in it, it can't be done."""
    members = _numbers(call.fields.get("numbers"))
    if not call.fields.get("name") or not members:
        return refuse("CreateGroup could not be completed")
    group = simulation.world.add_group(
        str(call.fields["name"]), [*members, phone.chat_id], [phone.chat_id]
    )
    return succeed(data={"id": group.id, "participants": group.members, "admins": group.admins})


def list_all(simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """List the groups that the phone is in."""
    groups = [it for it in simulation.world.groups.values() if phone.chat_id in it.members]
    return succeed(
        count=len(groups), total=len(groups), limit=LIMIT, data=[_shown(it) for it in groups]
    )


def show(simulation: Simulation, _phone: Phone, call: Call) -> Answer:
    """Show one group."""
    group = simulation.world.groups.get(call.parts[-1])
    return succeed(data=_shown(group)) if group else refuse("group not found")


def leave(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Leave a group."""
    group = simulation.world.groups.get(str(call.fields.get("id")))
    if group is None or phone.chat_id not in group.members:
        return refuse("NOT_A_PARTICIPANT")
    _remove(group, [phone.chat_id])
    return succeed(data=True)


def configure(simulation: Simulation, _phone: Phone, call: Call) -> Answer:
    """Say who may write and edit."""
    group = _group(simulation, call)
    if group is None:
        return refuse("group not found")
    wanted = call.fields.get("config")
    known = {name: value for name, value in (wanted or {}).items() if name in group.config}
    group.config |= known
    return succeed(data=group.config)


def set_profile_image(_simulation: Simulation, _phone: Phone, call: Call) -> Answer:
    """Take a new picture, of a group or of the phone."""
    return succeed() if call.fields.get("image") else refuse("image is required.")


def _changing(change: Change) -> Endpoint:
    """Make an endpoint that changes who is who in a group."""

    def endpoint(simulation: Simulation, phone: Phone, call: Call) -> Answer:
        group = _group(simulation, call)
        if group is None:
            return refuse("group not found")
        if phone.chat_id not in group.members:
            return refuse("NOT_A_PARTICIPANT")
        change(group, _numbers(call.fields.get("number")))
        return succeed()

    return endpoint


def _group(simulation: Simulation, call: Call) -> Group | None:
    return simulation.world.groups.get(str(call.fields.get("conversation_id")))


def _add(group: Group, numbers: list[str]) -> None:
    group.members += [it for it in numbers if it not in group.members]


def _remove(group: Group, numbers: list[str]) -> None:
    group.members[:] = [it for it in group.members if it not in numbers]
    _demote(group, numbers)


def _promote(group: Group, numbers: list[str]) -> None:
    group.admins += [it for it in numbers if it in group.members and it not in group.admins]


def _demote(group: Group, numbers: list[str]) -> None:
    group.admins[:] = [it for it in group.admins if it not in numbers]


ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("POST", "createGroup"): create,
    ("GET", "getGroups"): list_all,
    ("GET", "getGroups/"): show,
    ("POST", "group/add"): _changing(_add),
    ("POST", "group/remove"): _changing(_remove),
    ("POST", "group/promote"): _changing(_promote),
    ("POST", "group/demote"): _changing(_demote),
    ("POST", "group/config"): configure,
    ("POST", "leaveGroup"): leave,
    ("POST", "setProfileImage"): set_profile_image,
}


def _shown(group: Group) -> dict[str, Any]:
    return {
        "admins": group.admins,
        "config": group.config,
        "id": group.id,
        "name": group.name,
        "participants": group.members,
    }


def _numbers(given: object) -> list[str]:
    # A string with @c.us in the document, an array of plain numbers in use.
    listed = given if isinstance(given, list) else [given] if given else []
    return [chat_of(str(number)) for number in listed]
