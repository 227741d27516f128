"""Who may: secrets are compared in constant time, and routes are closed unless told otherwise."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from receiver.errors import RequestError


class Secrets:
    """One or more secrets that are equally good: two while one takes over from the other."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = [value.encode() for value in values]

    def hold(self, candidate: str) -> bool:
        """Tell whether the candidate is one of them, taking as long for each answer."""
        given = candidate.encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(value, given) for value in self._values]
        return any(matches)


class RequireKey:
    """Middleware: nothing behind it is seen without an API key, not even which paths exist."""

    def __init__(self, app: ASGIApp, keys: Secrets) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request with a right key on.

        Raises:
            RequestError: 401.
        """
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._keys.hold(key.strip()):
            raise RequestError(401, "send a right API key: `Authorization: Bearer KEY`")
        await self._app(scope, receive, send)
