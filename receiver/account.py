"""The account that the settings name: its client, and what Maytapi holds of us there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from receiver.errors import ApiRefused, BadSetting
from receiver.maytapi.answers import Config, Phone, Product
from receiver.maytapi.client import Manners, MaytapiClient
from receiver.maytapi.drift import Difference, Ours, differences
from receiver.settings import Settings


def client(settings: Settings, manners: Manners | None = None) -> MaytapiClient:
    """Return a client; nothing is asked of Maytapi yet.

    Raises:
        BadSetting: they name no account; the message names the variables.
    """
    base_url, manners = settings.maytapi_base_url or None, manners or Manners()
    if key := settings.maytapi_rapidapi_key:
        return MaytapiClient.rapidapi(key, base_url=base_url, manners=manners)
    if settings.maytapi_product_id and settings.maytapi_token:
        return MaytapiClient(
            settings.maytapi_product_id, settings.maytapi_token, base_url=base_url, manners=manners
        )
    raise BadSetting(
        "no account of Maytapi's is set up: set RECEIVER_MAYTAPI_PRODUCT_ID and "
        "RECEIVER_MAYTAPI_TOKEN (its console shows both), or RECEIVER_MAYTAPI_RAPIDAPI_KEY"
    )


def for_sending(settings: Settings) -> Callable[[], MaytapiClient] | None:
    """Return what makes clients that leave pace and tries to the sender; None without an account.

    Raises:
        BadSetting: half an account is set up.
    """
    if not settings.names_account:
        return None
    make = partial(client, settings, Manners(tries=1, messages_per_second=None))
    make()  # what is wrong with it is said now
    return make


class Held(NamedTuple):
    """What Maytapi holds of an account."""

    product: Product
    phones: list[Phone]
    configs: dict[str, Config]
    """The settings of each phone, by its id."""

    def drift(self, ours: Ours) -> list[Difference]:
        """Return what is otherwise than it should be, for the product and each of its phones."""
        return differences(ours, self.product, self.configs)


async def held(client: MaytapiClient) -> Held:
    """Return what Maytapi holds.

    Raises:
        MaytapiError: it could not be read.
    """
    product, phones = await client.product(), await client.list_phones()
    configs = await asyncio.gather(*(_config(client, phone.id) for phone in phones))
    return Held(product, phones, dict(zip((one.id for one in phones), configs, strict=True)))


async def _config(client: MaytapiClient, phone_id: str) -> Config:
    try:
        return await client.config(phone_id)
    except ApiRefused:
        # The API of the listing has no settings of phones, and so no webhook of theirs.
        return Config()
