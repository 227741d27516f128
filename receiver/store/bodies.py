"""How bodies are kept: byte for byte, the large ones compressed."""

from __future__ import annotations

import zlib
from typing import NamedTuple

COMPRESS_FROM_BYTES = 4096
"""Bodies of a message don't pay for the time that compression takes; arrays of acks do tenfold."""

ERASED = "erased"
"""The reason of a body that was erased: nothing of it is kept but what tells a repeat."""


class Kept(NamedTuple):
    """A body as it is in its row."""

    encoding: str
    """`identity` or `zlib`."""
    body: bytes


def pack(body: bytes) -> Kept:
    """Return what is written."""
    if len(body) < COMPRESS_FROM_BYTES:
        return Kept("identity", body)
    return Kept("zlib", zlib.compress(body, 1))


def unpack(encoding: str, body: bytes) -> bytes:
    """Return what came."""
    return zlib.decompress(body) if encoding == "zlib" else bytes(body)
