"""The account and all it has to do with."""

from __future__ import annotations

from receiver.simulator import world
from receiver.simulator.options import Options
from receiver.simulator.world import REMEMBERED, PhoneState, Said
from tests.simulator.acting import ADAS_CHAT, HOOK, NOBODY, START

WORLD = Options(webhook=HOOK)


def _said(number: int) -> Said:
    return Said(
        chat_id=ADAS_CHAT,
        whatsapp_id=f"false_{ADAS_CHAT}_{number}",
        key=str(number),
        uid=ADAS_CHAT,
        from_me=False,
        at=START,
        content={"type": "text", "text": "x"},
    )


def test_all_our_phones_are_in_every_group() -> None:
    built = world.build(WORLD)
    assert len(built.groups) == 3
    for group in built.groups.values():
        assert [*built.phones_in(group)] == [*built.phones.values()]


def test_a_phone_that_is_off_line_is_in_no_group() -> None:
    built = world.build(WORLD)
    first, second = built.phones.values()
    first.state = PhoneState.PHONE_ERROR
    assert [*built.phones_in(next(iter(built.groups.values())))] == [second]


def test_only_people_and_our_phones_are_on_whatsapp() -> None:
    built = world.build(WORLD)
    ours = next(iter(built.phones.values())).chat_id
    asked = (ADAS_CHAT, ours, f"{NOBODY}@c.us")
    assert [built.is_on_whatsapp(it) for it in asked] == [True, True, False]


def test_a_phones_own_settings_win_over_the_accounts() -> None:
    built = world.build(WORLD)
    first, second = built.phones.values()
    first.webhook, first.ack_delivery = "http://127.0.0.1:2/own", False
    assert built.webhook_of(first) == "http://127.0.0.1:2/own"
    assert built.webhook_of(second) == HOOK
    assert (built.tells_acks_of(first), built.tells_acks_of(second)) == (False, True)


def test_without_a_webhook_acks_are_off() -> None:
    assert not world.build(Options()).ack_delivery


def test_names_are_known_of_people_and_groups() -> None:
    built = world.build(WORLD)
    group = next(iter(built.groups.values()))
    assert built.name_of(ADAS_CHAT) == "Ada Brown"
    assert built.name_of(group.id) == group.name
    assert built.name_of(f"{NOBODY}@c.us") == ""


def test_a_history_forgets_what_is_long_ago() -> None:
    phone = next(iter(world.build(WORLD).phones.values()))
    for number in range(3 * REMEMBERED):
        phone.remember(_said(number))
    assert REMEMBERED <= len(phone.history) <= 2 * REMEMBERED
    assert phone.said(str(3 * REMEMBERED - 1))
    assert phone.said("0") is None
