"""A transport that sends the head and the body of an answer together.

uvicorn writes them apart, and each write is a packet and a call of the system: for an answer as
short as the webhook's, the second one costs a fifth of all that HTTP does.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Gathering:
    """Holds what is written until more is, for one turn of the loop at most."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        """Be the transport in all else."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this with what is held, or hold it."""
        if self._held and data:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))
        elif data:
            self._held = data
            self._loop.call_soon(self._send_held)

    def write_eof(self) -> None:
        """Send what is held, and nothing more after it."""
        self._send_held()
        self._transport.write_eof()

    def close(self) -> None:
        """Close when what is held has been sent."""
        self._send_held()
        self._transport.close()

    def _send_held(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)
