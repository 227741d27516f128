"""The webhook: a token, a body, and 200 for what is stored.

A raw ASGI endpoint without request and response objects: they would cost as much as the storing.
No answer holds private data, because Maytapi keeps our answers in its own log.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Message, Receive, Scope, Send

from receiver.errors import RequestError
from receiver.store.recording import Receipt
from receiver.store.writer import Writer
from receiver.web.auth import Secrets

_JSON = (b"content-type", b"application/json")


class Webhook:
    """The endpoint `/webhook/{token}`."""

    def __init__(self, writer: Writer, *, tokens: Secrets, max_body_bytes: int) -> None:
        self._writer = writer
        self._tokens = tokens
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            RequestError: 404 for a wrong token, before anything is read; 405, 413, 415.
            NotStored: answered 503, so that Maytapi tries again.
        """
        if not self._tokens.hold(scope["path_params"]["token"]):
            raise RequestError(404, "")
        match scope["method"]:
            case "POST":
                body = await self._read(scope, receive)
                if body is not None:
                    await _answer(send, _receipt(await self._writer.record(body)))
            case "GET" | "HEAD":
                # Some set-ups check the URL with a GET before they use it.
                await _answer(send, b'{"status":"ok"}')
            case _:
                raise RequestError(405, "post notifications here")

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


async def _answer(send: Any, body: bytes) -> None:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
