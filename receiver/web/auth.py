"""Who may: secrets are compared in constant time, and routes are closed unless told otherwise."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Collection, Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from receiver.errors import KeyMissing, RequestError
from receiver.web import problems

_BASIC = 'Basic realm="maytapi-receiver", charset="UTF-8"'


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
    """Middleware: nothing behind it is seen without an API key, unless it is said to be open.

    Below the announced paths the answer says that a key is wanted, and not which paths exist; for
    all others it is that of a path that doesn't.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: Secrets,
        *,
        open_paths: Collection[str] = (),
        announced: Collection[str] = ("/",),
        browsable: Collection[str] = (),
    ) -> None:
        """`browsable` paths change and tell nothing, so there a browser may send the key.

        It asks a person for a name and a password, and from then on sends them along, whoever
        makes it ask.
        """
        self._app = app
        self._keys = keys
        self._open_paths = open_paths
        self._announced = tuple(announced)
        self._browsable = browsable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in self._open_paths or self._admits(scope):
            await self._app(scope, receive, send)
        else:
            await problems.answer(self._refusal(scope["path"]))(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return self._keys.hold(given.strip())
            case "basic" if scope["path"] in self._browsable:
                return self._keys.hold(_password(given))
        return False

    def _refusal(self, path: str) -> RequestError:
        if not path.startswith(self._announced):
            return RequestError(404, "")
        # Alone: of a list with Bearer in it, Chromium asks for nothing.
        return KeyMissing(_BASIC if path in self._browsable else "Bearer")


def _password(credentials: str) -> str:
    try:
        return b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
