"""A durable inbox for the Maytapi WhatsApp API, and a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from receiver.maytapi.client import MaytapiClient

__all__ = ["MaytapiClient"]


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: it takes a tenth of a second, and most commands don't need it.
    if name == "MaytapiClient":
        from receiver.maytapi.client import MaytapiClient

        return MaytapiClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
