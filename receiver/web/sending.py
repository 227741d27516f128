"""The operation that sends: what it answers 202 to is on disk, and goes out later."""

from __future__ import annotations

import logging
import re
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from receiver.errors import RequestError
from receiver.maytapi import outgoing
from receiver.maytapi.outgoing import Outgoing
from receiver.store import queueing
from receiver.store.database import Database
from receiver.store.views import conversations, messages
from receiver.store.views.messages import MessageView
from receiver.store.writer import Writer
from receiver.web import bodies, parameters
from receiver.web.bodies import Body, PhoneId, Whole
from receiver.web.operations import Operation, json
from receiver.web.parameters import Parameters

logger = logging.getLogger(__name__)

UNSENT = "no account of Maytapi's is set up: messages to be sent stay queued"
MAX_BODY_BYTES = 16 * 1024 * 1024
KEY = "Idempotency-Key"

_KEY_PATTERN = r"[!-~]{1,200}"
_KEY = re.compile(_KEY_PATTERN)
_ABOUT_KEY = (
    "Asking again with the same key sends nothing twice: it is answered what was answered first",
    {"type": "string", "pattern": f"^{_KEY_PATTERN}$"},
)


class NewMessage(Body):
    """What is to be sent, and to whom."""

    to: str | None = None
    """A number with its country code, or the id of a chat."""
    conversation_id: Whole | None = None
    """In place of `to`: the chat and the phone of a conversation."""
    type: str = Field(default="text", min_length=1, max_length=64)
    """`text`, `media`, `location` …, in Maytapi's words."""
    text: str | None = None
    """What is said; of media, the caption."""
    phone_id: PhoneId | None = None
    """The phone that sends; without it that of the conversation, or the default one."""
    maytapi: dict[str, Any] = Field(default_factory=dict)
    """Further fields of sendMessage, under Maytapi's own names."""


def operation(
    database: Database,
    writer: Writer,
    *,
    default_phone: str | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
    has_sender: bool = True,
) -> Operation:
    """Return the operation that queues a message; without a sender it says once that none goes."""
    unsaid = [] if has_sender else [UNSENT]

    async def send(request: Request) -> Response:
        parameters.read(request, Parameters)
        origin = _origin(request)
        wanted = await bodies.read(request, NewMessage, max_bytes=max_body_bytes)
        message = await run_in_threadpool(_written, database, wanted, default_phone)
        queued = await writer.change(
            lambda change: queueing.queue(change, message, origin=origin), appends=True
        )
        if not queued.is_same:
            raise RequestError(422, f"this {KEY} was used before, for something else")
        if unsaid:
            logger.warning(unsaid.pop())
        found = await run_in_threadpool(messages.find, database.engine, str(queued.message_id))
        return json(found and messages.as_queued(found), 202)

    return Operation(
        method="POST",
        path="/messages",
        summary="Send a message: it is queued, and goes out in its turn",
        headers={KEY: _ABOUT_KEY},
        sends=NewMessage,
        answers=MessageView,
        status=202,
        problems=(404, 413, 422),
        endpoint=send,
    )


def _written(database: Database, wanted: NewMessage, default_phone: str | None) -> Outgoing:
    phone_id, to = _address(database, wanted)
    return outgoing.write(
        phone_id=phone_id or default_phone or _no_phone(),
        to=to,
        type=wanted.type,
        text=wanted.text,
        fields=wanted.maytapi,
    )


def _address(database: Database, wanted: NewMessage) -> tuple[str | None, str]:
    """Return the phone that is to send, if one follows from what is wanted, and to whom."""
    phone_id, to = wanted.phone_id, wanted.to
    if (to is None) == (wanted.conversation_id is None):
        raise RequestError(422, "give either to or conversation_id")
    if wanted.conversation_id is None:
        return phone_id, to or ""
    found = conversations.find(database.engine, wanted.conversation_id)
    if found is None:
        raise RequestError(422, f"there is no conversation {wanted.conversation_id}")
    if phone_id and found.phone_id and phone_id != found.phone_id:
        raise RequestError(422, f"the conversation is of phone {found.phone_id}")
    return phone_id or found.phone_id, found.chat_id


def _origin(request: Request) -> str | None:
    keys = request.headers.getlist(KEY)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise RequestError(400, f"{KEY}: give one, of up to 200 printable ASCII characters")
    return f"key {keys[0]}"


def _no_phone() -> str:
    raise RequestError(422, "no phone is named: give phone_id, or set RECEIVER_MAYTAPI_PHONE_ID")
