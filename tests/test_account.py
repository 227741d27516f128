"""The client of the settings, and what its account holds of us."""

from __future__ import annotations

import asyncio

import pytest

from receiver import account
from receiver.errors import ApiUnavailable, BadSetting
from receiver.maytapi.client import Manners
from receiver.maytapi.drift import Difference, Ours
from receiver.settings import Settings
from tests.scripted import Answer, Maytapi, sample

OURS = Ours(tokens=["ours"])
URL = "https://my.host/webhook/ours"
PRODUCT = sample("response-product-seed") | {"webhook": URL}


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **{f"maytapi_{name}": value for name, value in given.items()})


def drift(maytapi: Maytapi) -> list[Difference]:
    async def asked() -> list[Difference]:
        loaded = settings(product_id="p", token="t", base_url=maytapi.url)
        async with account.client(loaded, Manners(tries=1)) as client:
            return (await account.held(client)).drift(OURS)

    return asyncio.run(asked())


def test_product_and_token_are_the_direct_way() -> None:
    client = account.client(settings(product_id="p", token="t"))
    assert repr(client) == "MaytapiClient('https://api.maytapi.com/api/p')"


def test_a_key_is_the_way_through_rapidapi() -> None:
    client = account.client(settings(rapidapi_key="k"))
    assert repr(client) == "MaytapiClient('https://maytapi-whatsapp.p.rapidapi.com')"


@pytest.mark.parametrize("way", [{"product_id": "p", "token": "t"}, {"rapidapi_key": "k"}])
def test_both_ways_can_lead_to_a_simulator(way: dict[str, str]) -> None:
    client = account.client(settings(**way, base_url="http://127.0.0.1:9"))
    assert "http://127.0.0.1:9" in repr(client)


@pytest.mark.parametrize("half", [{}, {"product_id": "p"}, {"token": "t"}])
def test_half_an_account_is_none(half: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match="RECEIVER_MAYTAPI_PRODUCT_ID and RECEIVER_MAYTAPI_TOKEN"):
        account.client(settings(**half))


def test_the_product_and_each_phone_are_compared() -> None:
    with Maytapi() as maytapi:
        maytapi.answers("product", PRODUCT)
        maytapi.answers("listPhones", [{"id": 1}, {"id": 2}])
        maytapi.answers("config", {"success": True, "status": {"webhook": "https://a.b/c"}})
        assert drift(maytapi) == [
            Difference(f"phone {phone}", what, held)
            for phone in (1, 2)
            for what, held in (("webhook", "https://a.b/…"), ("ack_delivery", "off"))
        ]


def test_what_is_held_is_had_whole() -> None:
    async def asked(maytapi: Maytapi) -> account.Held:
        loaded = settings(product_id="p", token="t", base_url=maytapi.url)
        async with account.client(loaded, Manners(tries=1)) as client:
            return await account.held(client)

    with Maytapi() as maytapi:
        maytapi.answers("product", PRODUCT)
        maytapi.answers("listPhones", [{"id": 1, "status": "active"}])
        maytapi.answers("config", {"success": True, "status": {"webhook": "https://a.b/c"}})
        held = asyncio.run(asked(maytapi))
    assert held.product.webhook == URL
    assert [(phone.id, phone.status) for phone in held.phones] == [("1", "active")]
    assert held.configs["1"].webhook == "https://a.b/c"
    assert held.drift(Ours(tokens=["another"]))[0] == ("product", "webhook", "https://my.host/…")


def test_an_api_without_settings_of_phones_has_no_webhooks_of_theirs() -> None:
    with Maytapi() as maytapi:
        maytapi.answers("product", PRODUCT)
        maytapi.answers("listPhones", sample("response-listPhones"))
        maytapi.answers("config", Answer({"message": "Endpoint does not exist"}, 404))
        assert drift(maytapi) == []


def test_what_could_not_be_read_is_not_taken_for_right() -> None:
    with Maytapi() as maytapi:
        maytapi.answers("product", PRODUCT)
        maytapi.answers("listPhones", sample("response-listPhones"))
        maytapi.answers("config", Answer(b"", 500))
        with pytest.raises(ApiUnavailable):
            drift(maytapi)


def test_the_sender_needs_an_account_and_half_of_one_is_told() -> None:
    assert account.for_sending(settings()) is None
    with pytest.raises(BadSetting):
        account.for_sending(settings(token="t"))


def test_the_sender_paces_and_tries_again_by_itself() -> None:
    make = account.for_sending(settings(product_id="p", token="t"))
    assert make is not None
    assert make() is not make()
    with Maytapi() as maytapi:
        maytapi.answers("sendMessage", Answer(b"", 429))

        async def sending() -> None:
            loaded = settings(product_id="p", token="t", base_url=maytapi.url)
            make = account.for_sending(loaded)
            assert make is not None
            async with make() as client:
                with pytest.raises(ApiUnavailable):
                    await client.send("1", {})

        asyncio.run(sending())
        assert len(maytapi.asked) == 1
