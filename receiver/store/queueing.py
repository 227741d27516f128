"""Take messages that are to be sent: stored and told in the journal, once however often asked.

What must not be sent twice has an origin: an idempotency key, or the event and the call of a
handler. Whoever asks again with the same origin gets the message of the first time, also where
the origin named somebody who was erased: then only a digest of it is left.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import orjson

from receiver.events import EventType
from receiver.maytapi import acks
from receiver.maytapi.outgoing import Outgoing
from receiver.store import conversations
from receiver.store.changing import Change
from receiver.store.journal import Draft
from receiver.store.tables import MessageRow, SendRow


class Queued(NamedTuple):
    """A message that waits to be sent, or did so before."""

    message_id: int
    is_new: bool
    is_same: bool
    """Whether the first time asked for the same; only False where it was asked for before."""


class _NewMessage(NamedTuple):
    id: int
    notification_id: int
    phone_id: str
    conversation_id: int
    direction: str
    type: str
    text: str | None
    media: str | None
    location: str | None
    received_at: int
    at: int
    status: str


class _NewSend(NamedTuple):
    message_id: int
    origin: str | None
    fingerprint: bytes
    request: str


_ASKED = "SELECT message_id, fingerprint FROM sends WHERE origin IN ({mark}, {mark})"


def queue(change: Change, outgoing: Outgoing, *, origin: str | None) -> Queued:
    """Take a message; the change must be one that appends."""
    request = orjson.dumps(outgoing.request, option=orjson.OPT_SORT_KEYS)
    asked = f"{outgoing.phone_id} ".encode() + request
    fingerprint = hashlib.blake2b(asked, digest_size=16).digest()
    if origin is not None:
        for message_id, before in change.transaction.fetch(_ASKED, origin, digest_of(origin)):
            return Queued(message_id, is_new=False, is_same=bytes(before) == fingerprint)
    message_id = _add(change, outgoing)
    send = _NewSend(message_id, origin, fingerprint, request.decode())
    change.transaction.insert_new(SendRow, [send])
    return Queued(message_id, is_new=True, is_same=True)


def digest_of(origin: str) -> str:
    """Return what tells an origin without its words."""
    return f"digest {hashlib.blake2b(origin.encode(), digest_size=16).hexdigest()}"


def _add(change: Change, outgoing: Outgoing) -> int:
    heads, chat = change.heads, (outgoing.phone_id, outgoing.chat_id)
    conversation = conversations.open_all(change.transaction, heads, [chat])[chat]
    heads.message_id += 1
    message = _NewMessage(
        id=heads.message_id,
        notification_id=0,
        phone_id=outgoing.phone_id,
        conversation_id=conversation.id,
        direction="outgoing",
        type=outgoing.type,
        text=outgoing.text,
        media=_media(outgoing),
        location=orjson.dumps(outgoing.location).decode() if outgoing.location else None,
        received_at=change.at,
        at=change.at,
        status=acks.QUEUED,
    )
    change.transaction.insert_new(MessageRow, [message])
    conversation.follow(message.id, change.at)
    conversations.save(change.transaction, [conversation])
    conversations.mark_read(change.transaction, conversation.id)
    change.tell(
        Draft(
            type=EventType.MESSAGE_QUEUED,
            phone_id=outgoing.phone_id,
            conversation_id=conversation.id,
            message_id=message.id,
        )
    )
    return message.id


def _media(outgoing: Outgoing) -> str | None:
    if outgoing.media_url is None:
        return None
    media = {"url": outgoing.media_url, "mime_type": None, "filename": outgoing.filename}
    return orjson.dumps(media).decode()
