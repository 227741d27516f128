"""The calls about groups."""

from __future__ import annotations

from collections.abc import Sequence

from receiver.maytapi.answers import Done, Group, GroupConfig, GroupPage
from receiver.maytapi.calls.making import Call, part, posting, reading, whole

Number = str | Sequence[str]
"""`N@c.us`, or several plain numbers: both are in use."""


def create_group(phone_id: str, *, name: str, numbers: Sequence[str]) -> Call[Group]:
    """Open a group; without numbers Maytapi refuses."""
    body = {"name": name, "numbers": list(numbers)}
    return posting(phone_id, "createGroup", body=body, read=part("data", Group))


def get_groups(
    phone_id: str,
    *,
    full: bool | None = None,
    sort: bool | None = None,
    invite: bool | None = None,
    page: int | None = None,
) -> Call[GroupPage]:
    """Return the groups of the phone."""
    query = {"full": full, "sort": sort, "invite": invite, "page": page}
    return reading(phone_id, "getGroups", read=whole(GroupPage), **query)


def get_group(phone_id: str, conversation_id: str, *, invite: bool | None = None) -> Call[Group]:
    """Return one group."""
    return reading(phone_id, "getGroups", conversation_id, read=part("data", Group), invite=invite)


def group_add(phone_id: str, conversation_id: str, number: Number) -> Call[Done]:
    """Add somebody to a group."""
    return _member(phone_id, "add", conversation_id, number)


def group_remove(phone_id: str, conversation_id: str, number: Number) -> Call[Done]:
    """Take somebody out of a group."""
    return _member(phone_id, "remove", conversation_id, number)


def group_promote(phone_id: str, conversation_id: str, number: Number) -> Call[Done]:
    """Make somebody an admin of a group."""
    return _member(phone_id, "promote", conversation_id, number)


def group_demote(phone_id: str, conversation_id: str, number: Number) -> Call[Done]:
    """Make an admin of a group a mere member."""
    return _member(phone_id, "demote", conversation_id, number)


def group_config(
    phone_id: str,
    conversation_id: str,
    *,
    edit: str | None = None,
    send: str | None = None,
    disappear: bool | None = None,
) -> Call[GroupConfig]:
    """Say who may edit a group and write to it: `all` or `admins`."""
    given = {"edit": edit, "send": send, "disappear": disappear}
    config = {name: value for name, value in given.items() if value is not None}
    body = {"conversation_id": conversation_id, "config": config}
    return posting(phone_id, "group", "config", body=body, read=part("data", GroupConfig))


def set_profile_image(
    phone_id: str, image: str, *, conversation_id: str | None = None
) -> Call[Done]:
    """Give a group a picture, or the phone itself; 512 by 512 pixels look best."""
    of_group = {"conversation_id": conversation_id} if conversation_id else {}
    return posting(phone_id, "setProfileImage", body={**of_group, "image": image}, read=whole(Done))


def leave_group(phone_id: str, conversation_id: str) -> Call[Done]:
    """Leave a group."""
    return posting(phone_id, "leaveGroup", body={"id": conversation_id}, read=whole(Done))


def _member(phone_id: str, what: str, conversation_id: str, number: Number) -> Call[Done]:
    several = number if isinstance(number, str) else list(number)
    body = {"conversation_id": conversation_id, "number": several}
    return posting(phone_id, "group", what, body=body, read=whole(Done))
