"""What Maytapi holds against what we want it to hold: the webhook's URL, and the delivery of acks.

A URL that was changed in the console costs days of messages before somebody notices. Nothing that
is returned here has a token in it, so that it can be logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from receiver.maytapi.access import is_base_url
from receiver.maytapi.answers import Config, Product

PATH = "/webhook/"
"""What the path of our webhook begins with, before the token."""


def is_address(text: str) -> bool:
    """Tell whether a receiver can be reached there: it is what comes before the webhook's path."""
    return is_base_url(text) and PATH not in f"{text}/"


class Difference(NamedTuple):
    """One thing that is not as it should be."""

    place: str
    """`product`, or `phone` and its id."""
    what: str
    """`webhook` or `ack_delivery`."""
    held: str
    """What Maytapi has, without anything secret."""


@dataclass(frozen=True, kw_only=True)
class Ours:
    """The webhook's URL as it should be: any of the tokens, and the base where it is known."""

    tokens: Sequence[str]
    base: str | None = None

    def url(self) -> str:
        """Return the URL that Maytapi should be given."""
        return f"{self.base}{PATH}{self.tokens[0]}"

    def is_served_by(self, url: str) -> bool:
        """Tell whether what is posted to a URL comes to us, as far as the URL shows."""
        base, found, token = url.rpartition(PATH)
        return bool(found) and token in self.tokens and (self.base is None or base == self.base)


def differences(
    ours: Ours, product: Product, configs: Mapping[str, Config] | None = None
) -> list[Difference]:
    """Return what is not as it should be, for the product and the phones with a webhook of theirs.

    Args:
        configs: the settings of phones by phone id; a phone without a webhook follows the product.
    """
    found = _compared(ours, "product", product)
    for phone_id, config in (configs or {}).items():
        if config.webhook:
            found += _compared(ours, f"phone {phone_id}", config)
    return found


def without_secrets(url: str | None) -> str:
    """Return what may be shown of a URL: the host it leads to, but nothing that opens it."""
    if not url:
        return "none"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "no URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def _compared(ours: Ours, place: str, held: Product | Config) -> list[Difference]:
    found = []
    if not ours.is_served_by(held.webhook or ""):
        found.append(Difference(place, "webhook", without_secrets(held.webhook)))
    if not held.ack_delivery:
        found.append(Difference(place, "ack_delivery", "off"))
    return found
