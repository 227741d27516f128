"""The way into an account: where its API is and what opens it, in both flavours (section a).

The key is in headers alone, never in a URL, and no repr shows it. A URL that Maytapi gave us
(`reply` of a notification) is never used: whoever forged it would be sent the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from receiver.errors import Unsendable

DIRECT_URL = "https://api.maytapi.com/api"
RAPIDAPI_HOST = "maytapi-whatsapp.p.rapidapi.com"
RAPIDAPI_URL = f"https://{RAPIDAPI_HOST}"

_PRINTABLE = re.compile(r"[!-~]+\Z")
_BASE_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?\Z")


@dataclass(frozen=True, kw_only=True)
class Access:
    """What every call to one account begins with."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)

    def url(self, path: tuple[str | int, ...]) -> str:
        """Return the URL of a path inside the account.

        Raises:
            Unsendable: a part of it would lead to another path.
        """
        return "/".join((self.base_url, *map(_segment, path)))


def direct(product_id: str, token: str, *, base_url: str = DIRECT_URL) -> Access:
    """Return the way through Maytapi's own API, with the token of its console.

    Raises:
        Unsendable: there is no product id, or the token is none.
    """
    token = _secret(token, "token")
    base_url = f"{_base(base_url)}/{_segment(product_id.strip())}"
    return Access(base_url=base_url, headers={"x-maytapi-key": token}, secret=token)


def rapidapi(key: str, *, base_url: str = RAPIDAPI_URL) -> Access:
    """Return the way through RapidAPI, where the key implies the product.

    Raises:
        Unsendable: the key is none.
    """
    key = _secret(key, "RapidAPI key")
    headers = {"x-rapidapi-key": key, "x-rapidapi-host": RAPIDAPI_HOST}
    return Access(base_url=_base(base_url), headers=headers, secret=key)


def is_base_url(text: str) -> bool:
    """Tell whether this is http(s), a host and perhaps a path, and nothing secret in between."""
    return _BASE_URL.match(text) is not None


def _base(url: str) -> str:
    if not is_base_url(url):
        raise Unsendable("the base URL must be like https://host/path")
    return url.rstrip("/")


def _secret(value: str, name: str) -> str:
    # A file or a variable it was read from often ends in a newline.
    value = value.strip()
    if not _PRINTABLE.match(value):
        raise Unsendable(f"the {name} must be printable ASCII characters without spaces")
    return value


def _segment(part: str | int) -> str:
    text = str(part)  # Maytapi itself tells the ids of phones as numbers
    if text in ("", ".", ".."):
        raise Unsendable(f"an id is {text!r}")
    return quote(text, safe="@")
