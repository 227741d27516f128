"""The client against the simulator: every endpoint is there in both flavours, and understood."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from receiver.errors import ApiRefused, ApiUnavailable
from receiver.maytapi.client import Manners, MaytapiClient
from receiver.simulator.faults import Faults
from receiver.simulator.options import Era, Options
from receiver.simulator.running import Simulator, running
from tests.simulator.acting import ADA, ADAS_CHAT, NOBODY

QUICK = Manners(messages_per_second=None, tries=1)


@pytest.fixture(params=list(Era))
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """Return an account of each era in turn."""
    options = Options(era=request.param, pace=0, restart_time=timedelta(0))
    with running(options) as simulator:
        yield simulator


def _client(simulator: Simulator, flavour: str, manners: Manners = QUICK) -> MaytapiClient:
    options, settings = simulator.options, simulator.settings
    if flavour == "rapidapi":
        url = simulator.url
        return MaytapiClient.rapidapi(options.rapidapi_key, base_url=url, manners=manners)
    url = settings["RECEIVER_MAYTAPI_BASE_URL"]
    return MaytapiClient(options.product_id, options.token, base_url=url, manners=manners)


async def _use_everything(maytapi: MaytapiClient, phone: str) -> set[str]:
    """Call every method; return the names of those called."""
    group = (await maytapi.create_group(phone, name="new", numbers=[ADA])).id
    sent = await maytapi.send_message(phone, to=ADA, text="hello")
    session = await maytapi.backup(phone)
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("product", (), {}),
        ("list_phones", (), {}),
        ("set_webhook", ("http://127.0.0.1:1/",), {}),
        ("set_ack_preference", (True,), {}),
        ("add_phone", ("15550100003",), {}),
        ("queues", (), {}),
        ("logs", (), {}),
        ("status", (phone,), {}),
        ("screen", (phone,), {}),
        ("config", (phone,), {}),
        ("set_config", (phone,), {"webhook": "", "ack_delivery": True}),
        ("queue", (phone,), {}),
        ("send", (phone, {"to_number": ADA, "type": "text", "message": "hi"}), {}),
        ("contacts", (phone,), {}),
        ("contact", (phone, ADAS_CHAT), {}),
        ("contact_add", (phone, {"number": ADA}), {}),
        ("contact_edit", (phone, {"number": ADA}), {}),
        ("contact_remove", (phone, {"number": ADA}), {}),
        ("check_number_status", (phone, ADA), {}),
        ("check_number_status", (phone, NOBODY), {}),
        ("check_phones", (phone, [ADA, NOBODY]), {}),
        ("get_conversations", (phone,), {}),
        ("get_conversation", (phone, ADAS_CHAT), {}),
        ("get_messages", (phone, ADAS_CHAT), {}),
        ("get_message", (phone, sent.msg_id), {}),
        ("get_groups", (phone,), {}),
        ("get_group", (phone, group), {}),
        ("group_add", (phone, group, NOBODY), {}),
        ("group_promote", (phone, group, NOBODY), {}),
        ("group_demote", (phone, group, NOBODY), {}),
        ("group_remove", (phone, group, NOBODY), {}),
        ("group_config", (phone, group), {"send": "admins"}),
        ("set_profile_image", (phone, "https://files.example.invalid/me.png"), {}),
        ("leave_group", (phone, group), {}),
        ("catalog", (phone,), {}),
        ("purge_queue", (phone,), {}),
        ("restart", (phone,), {}),
        ("redeploy", (phone,), {}),
        ("logout", (phone,), {}),
        ("qr_code", (phone,), {}),
        ("restore", (phone, session), {}),
        ("clear", (phone,), {}),
        ("factory_reset", (phone,), {}),
        ("delete_phone", (phone,), {}),
    ]
    for name, given, named in calls:
        await getattr(maytapi, name)(*given, **named)
    return {"create_group", "send_message", "backup", *(name for name, _, _ in calls)}


@pytest.mark.parametrize("flavour", ["direct", "rapidapi"])
def test_every_endpoint_of_the_client_is_there(simulator: Simulator, flavour: str) -> None:
    async def use() -> set[str]:
        async with _client(simulator, flavour) as maytapi:
            return await _use_everything(maytapi, simulator.phone_id)

    apart = {"rapidapi", "close", "make"}
    everything = {name for name in vars(MaytapiClient) if not name.startswith("_")} - apart
    assert asyncio.run(use()) == everything


def test_a_restarting_phone_is_unavailable_and_a_wrong_token_refused() -> None:
    async def refused(simulator: Simulator) -> None:
        async with _client(simulator, "direct") as maytapi:
            await maytapi.restart(simulator.phone_id)
            with pytest.raises(ApiUnavailable):
                await maytapi.send_message(simulator.phone_id, to=ADA, text="hello")
        url = simulator.settings["RECEIVER_MAYTAPI_BASE_URL"]
        async with MaytapiClient("other", "wrong", base_url=url, manners=QUICK) as stranger:
            with pytest.raises(ApiRefused):
                await stranger.list_phones()

    with running(Options(restart_time=timedelta(minutes=1))) as simulator:
        asyncio.run(refused(simulator))


def test_what_a_client_sends_through_mishaps_it_never_sends_twice() -> None:
    faults = Faults(refused_calls=0.1, timed_out_calls=0.1, dropped_calls=0.1, lost_answers=0.1)

    async def send(simulator: Simulator) -> list[BaseException | Any]:
        async with _client(simulator, "direct") as maytapi:
            sends = (
                maytapi.send_message(simulator.phone_id, to=ADA, text=f"message {number}")
                for number in range(60)
            )
            return await asyncio.gather(*sends, return_exceptions=True)

    with running(Options(pace=0, seed=3, faults=faults)) as simulator:
        outcomes = asyncio.run(send(simulator))
        sent = [message.text for message in simulator.ledger.sent]
        answered = {it.msg_id for it in simulator.ledger.sent if it.answered}

    assert len(sent) == len({*sent}) < 60
    assert {it.msg_id for it in outcomes if not isinstance(it, BaseException)} == answered
