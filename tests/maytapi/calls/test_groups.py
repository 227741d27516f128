"""What answers about groups are read as."""

from __future__ import annotations

import pytest

from receiver.maytapi.calls import groups
from tests.scripted import sample


def test_groups_come_in_pages() -> None:
    page = groups.get_groups("1").read(sample("response-getGroups"))
    assert (page.count, page.total, page.limit) == (79, 79, 500)
    first, second = page.data
    assert (first.name, second.name) == ("Example Group", "")
    assert first.admins == ["15550100011@c.us"]
    assert first.config
    assert (first.config.edit, first.config.disappear) == ("all", False)


@pytest.mark.parametrize("participants", [{}, {"participants": None}])
def test_participants_may_be_missing(participants: dict[str, None]) -> None:
    (group,) = groups.get_groups("1").read({"data": [{"id": "g", **participants}]}).data
    assert group.participants is None


def test_a_new_group_has_an_id() -> None:
    for call in (groups.create_group("1", name="x", numbers=[]), groups.get_group("1", "g")):
        group = call.read(sample("response-createGroup"))
        assert group.id == "120363000000000001@g.us"
        assert group.participants == ["15550100011@c.us"]


def test_the_settings_of_a_group_are_read() -> None:
    config = groups.group_config("1", "g", edit="all").read(sample("response-group-config"))
    assert (config.edit, config.send) == ("all", "all")


def test_changes_of_groups_are_not_repeated() -> None:
    change = (groups.group_add, groups.group_remove, groups.group_promote, groups.group_demote)
    assert {call("1", "g", "n").only_reads for call in change} == {False}
    assert groups.leave_group("1", "g").only_reads is False
    assert groups.set_profile_image("1", "i").only_reads is False


def test_leaving_is_done_when_maytapi_says_so() -> None:
    left = groups.leave_group("1", "g").read({"success": True, "data": True})
    assert left.success is True
