"""The client of the account that the settings name."""

from __future__ import annotations

from receiver.errors import BadSetting
from receiver.maytapi.client import Manners, MaytapiClient
from receiver.settings import Settings


def from_settings(settings: Settings, manners: Manners | None = None) -> MaytapiClient:
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
