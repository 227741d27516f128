"""A receiver that takes a call without an answer for one that was not made, and makes it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from receiver.cli import main
from receiver.errors import ApiUnavailable, OutcomeUnknown
from receiver.maytapi.answers import Sent
from receiver.maytapi.client import MaytapiClient

send = MaytapiClient.send


async def send_again(client: MaytapiClient, phone_id: str, fields: Mapping[str, Any]) -> Sent:
    """Send, and say of what is not known that it was not sent."""
    try:
        return await send(client, phone_id, fields)
    except OutcomeUnknown as error:
        raise ApiUnavailable(str(error)) from error


if __name__ == "__main__":
    MaytapiClient.send = send_again  # type: ignore[method-assign,assignment]
    main()
