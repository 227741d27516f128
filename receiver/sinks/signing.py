"""Signatures after Standard Webhooks, by which a receiver of events knows who sent them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)
"""What the specification allows."""


class Signer:
    """Signs with each of its secrets, so that one can be replaced without a gap."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take secrets in the form `whsec_` and base64.

        Raises:
            ValueError: there is none, or one is of another form; it is not repeated.
        """
        self._keys = [_key(secret) for secret in secrets]
        if not self._keys:
            raise ValueError("a secret is needed to sign with")

    def headers(self, identity: str, body: bytes, *, at: int) -> Mapping[str, str]:
        """Return the headers that go with a body; `at` is in seconds since 1970 (UTC)."""
        signed = f"{identity}.{at}.".encode() + body
        digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys)
        return {
            "webhook-id": identity,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(
                f"v1,{base64.b64encode(digest).decode()}" for digest in digests
            ),
        }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in SECRET_BYTES:
        raise ValueError(f"a secret is {PREFIX} and 24 to 64 random bytes in base64")
    return key
