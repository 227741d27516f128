"""What every answer tells a browser: take it for nothing else, keep it nowhere, show it nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECURE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class SecureHeaders:
    """Middleware: adds these headers where an answer has none of its own.

    Elsewhere than below these paths nothing is added: there the answer to an unknown path is the
    webhook's to a wrong token, to the byte.
    """

    def __init__(self, app: ASGIApp, *, below: Iterable[str]) -> None:
        self._app = app
        self._below = tuple(below)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURE.items():
                    headers.setdefault(name, value)
            await send(message)

        is_below = scope["type"] == "http" and scope["path"].startswith(self._below)
        await self._app(scope, receive, send_secured if is_below else send)
