"""What a simulator did, to be compared with what a receiver holds.

It tells what was told: a tick counts once it stood in a notification.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from receiver.maytapi import acks


class Direction(StrEnum):
    """As the receiver has it: outgoing is what our phones say."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as one of our phones has it."""

    phone_id: str
    chat_id: str
    direction: Direction
    type: str
    text: str | None
    sent_at: datetime
    whatsapp_id: str | None = None
    """As its notification writes it; None for what never came to WhatsApp."""
    msg_id: str | None = None
    """What sendMessage made, for a message sent through it."""
    status: str | None = None
    """The highest tick that was told of, `accepted` before the first, or `failed`."""
    deleted: bool = False
    answered: bool = True
    """Whether the caller of sendMessage got its answer."""
    told: bool = True
    """Whether a webhook was there to be told of it."""
    filtered: bool = False
    """Whether the repeat filter swallowed it: accepted, and never sent."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One time that a notification was posted."""

    at: datetime
    phone_id: str
    kind: str
    url: str
    body: bytes
    status: int | None
    """The HTTP status of the answer; None without one."""
    answer: str


class Ledger:
    """Messages and attempts, in the order in which they happened."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self._messages: list[Message] = []
        self._places: dict[str, int] = {}
        """Where the outgoing ones are, by msgId and by WhatsApp's id."""

    @property
    def messages(self) -> Sequence[Message]:
        """All messages, a group's once per phone."""
        return tuple(self._messages)

    @property
    def incoming(self) -> list[Message]:
        """What people said to our phones."""
        return [it for it in self._messages if it.direction is Direction.INCOMING]

    @property
    def sent(self) -> list[Message]:
        """What was sent through sendMessage, whether or not it came to anything."""
        return [it for it in self._messages if it.msg_id]

    @property
    def unheard(self) -> list[bytes]:
        """Bodies that were posted and never answered 200."""
        heard = {attempt.body for attempt in self.attempts if attempt.status == 200}
        return [*dict.fromkeys(it.body for it in self.attempts if it.body not in heard)]

    def outgoing(self, name: str) -> Message | None:
        """Return the outgoing message that has this msgId or WhatsApp id."""
        place = self._places.get(name)
        return None if place is None else self._messages[place]

    def write(self, message: Message) -> None:
        """Write down a message."""
        if message.direction is Direction.OUTGOING:
            names = filter(None, (message.msg_id, message.whatsapp_id))
            self._places.update(dict.fromkeys(names, len(self._messages)))
        self._messages.append(message)

    def learn(self, msg_id: str, whatsapp_id: str) -> None:
        """Write down which id WhatsApp gave to a sent message."""
        self._places[whatsapp_id] = self._places[msg_id]
        self._change(msg_id, whatsapp_id=whatsapp_id)

    def tick(self, name: str, ack: str) -> None:
        """Write down that an ack, or a failure, of an outgoing message was told."""
        if ack == acks.DELETED:
            self._change(name, deleted=True)
        else:
            status = self._messages[self._places[name]].status
            self._change(name, status=acks.advance(status, ack))

    def lose_answer(self, msg_id: str) -> None:
        """Write down that the caller was not told what became of the send."""
        self._change(msg_id, answered=False)

    def _change(self, name: str, **changes: Any) -> None:
        place = self._places[name]
        self._messages[place] = replace(self._messages[place], **changes)
