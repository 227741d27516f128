"""The webhook: a token, a body, and 200 for what is stored.

A raw ASGI endpoint without request and response objects: they would cost as much as the storing.
No answer holds private data, because Maytapi keeps our answers in its own log.
"""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from receiver.errors import NotStored, RequestError
from receiver.maytapi import drift
from receiver.store.recording import Receipt
from receiver.store.writer import Writer
from receiver.web import problems
from receiver.web.auth import Secrets
from receiver.web.operations import Fine, Operation
from receiver.web.parameters import Parameters

PREFIX = drift.PATH
FINE = b'{"status":"ok"}'
"""What a GET is answered."""
_JSON = (b"content-type", b"application/json")


class Token(Parameters):
    """What lets Maytapi in."""

    token: str
    """The secret part of the URL; a wrong one is an unknown path."""


OPERATIONS = (
    Operation(
        path=f"{PREFIX}{{token}}",
        summary="Take a notification of Maytapi's, whatever it is: 200 once it is on disk",
        method="POST",
        is_open=True,
        takes=Token,
        sends=Any,
        accepts="*/*",
        answers=Receipt,
        problems=(408, 413, 415, 431, 501, 503),
        endpoint=None,
    ),
    Operation(
        path=f"{PREFIX}{{token}}",
        summary="Check the webhook's URL",
        is_open=True,
        takes=Token,
        answers=Fine,
        endpoint=None,
    ),
)
"""How the webhook is described; what runs is below, past the routes."""


class Webhook:
    """The endpoint `/webhook/{token}`."""

    def __init__(self, writer: Writer, *, tokens: Secrets, max_body_bytes: int) -> None:
        self._writer = writer
        self._tokens = tokens
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path begins with `PREFIX`."""
        try:
            answer = await self._take(scope, receive)
        except (RequestError, NotStored, HTTPException) as error:
            await problems.answer(error)(scope, receive, send)
        else:
            if answer is not None:
                await _send(send, answer)

    async def _take(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return what is answered with 200, or None when nobody is there to hear it."""
        if not self._tokens.hold(scope["path"][len(PREFIX) :]):
            raise RequestError(404, "")
        match scope["method"]:
            case "POST":
                body = await self._read(scope, receive)
                return None if body is None else _receipt(await self._writer.record(body))
            case "GET" | "HEAD":
                # Some set-ups check the URL with a GET before they use it.
                return FINE
            case _:
                raise HTTPException(405, headers={"allow": "GET, HEAD, POST"})

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body; None when the client went away before its end."""
        self._check_headers(scope)
        message = await receive()
        if not message.get("more_body", False):
            return self._checked(message)
        chunks, size = [], 0
        while True:
            chunk = self._checked(message)
            if chunk is None:
                return None
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return b"".join(chunks)
            message = await receive()

    def _check_headers(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and int(value) > self._max_body_bytes:
                raise self._too_large()
            if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
                raise RequestError(415, "send the body without content-encoding")

    def _checked(self, message: Message) -> bytes | None:
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        if len(body) > self._max_body_bytes:
            raise self._too_large()
        return body

    def _too_large(self) -> RequestError:
        return RequestError(413, f"the limit is {self._max_body_bytes} bytes")


def _receipt(receipt: Receipt) -> bytes:
    return (
        f'{{"status":"{receipt.status}","notification_id":{receipt.notification_id},'
        f'"events":{receipt.events}}}'
    ).encode()


async def _send(send: Send, body: bytes) -> None:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
