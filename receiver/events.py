"""What the journal holds: its types of events, and each of them as handlers get it.

An event is a small frozen value with all that most handlers need. What it says of a message is
what is stored when it is read: a handler that is late, or replayed, sees the message as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """What happened. The set grows; a reader ignores what it doesn't know."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_REVISED = "message.revised"
    """A known message came again with other content: an edit, a fresh media link."""
    MESSAGE_ACK = "message.ack"
    MESSAGE_REACTION = "message.reaction"
    MESSAGE_POLL = "message.poll"
    MESSAGE_QUEUED = "message.queued"
    MESSAGE_FAILED = "message.failed"
    PHONE_STATUS = "phone.status"
    PHONE_ERROR = "phone.error"
    """Something failed that was no message of ours."""
    LIVE_EVENT = "live.event"
    NOTIFICATION_QUARANTINED = "notification.quarantined"


ERASED = "event.erased"
"""The type of an event that told of somebody who was erased: it keeps its `seq` and says no more.

It is none of `EventType`: nothing has happened that a handler could ask for.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who said it, as far as it was told; hidden senders have an id ending in `@lid`."""

    id: str | None
    name: str | None
    phone: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A file that came with a message; its caption is the message's text."""

    url: str
    mime_type: str | None
    filename: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """A place, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What happened, and where; a handler of `Event` itself gets all of them."""

    id: int
    """Its `seq` in the journal: the same however often it is handled."""
    event_type: str
    """What REST shows as `type`."""
    at: datetime
    """When it was recorded (UTC)."""
    phone_id: str | None
    conversation_id: int | None
    data: Mapping[str, Any]
    """What REST shows as `data`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AboutMessage(Event):
    """An event about one message."""

    message_id: int
    chat_id: str | None
    msg_id: str | None
    """What sendMessage answered."""
    whatsapp_id: str | None
    from_me: bool
    """Whether the message is one of ours; whoever answers those talks to himself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageEvent(AboutMessage):
    """An event that brings a message with its content."""

    type: str | None
    """`text`, `image`, `document` …, in Maytapi's words."""
    text: str | None
    """What was said; of media, the caption."""
    media: Media | None
    location: Location | None
    sender: Sender | None
    sent_at: datetime | None
    status: str | None
    first_copy: bool
    """False where another phone of ours in the same group has brought this message before."""
    quoted: Mapping[str, Any] | None
    payload: Mapping[str, Any]
    """Maytapi's `message` object, as it came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageReceived(MessageEvent):
    """Somebody has written to one of our phones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSent(MessageEvent):
    """One of our phones has sent a message, whoever typed it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRevised(MessageEvent):
    """A known message came again with other content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageQueued(MessageEvent):
    """We were asked to send a message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AckReceived(AboutMessage):
    """A message of ours has come further."""

    ack: str
    """`delivered` (one tick), `reached` (two), `seen`, `played`, `deleted`, or another."""
    status: str | None
    """What the message had come to by then."""
    advanced: bool
    """Whether this ack moved the status; late and repeated ones don't."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReactionReceived(AboutMessage):
    """Somebody has reacted to a message; an empty emoji takes it back."""

    emoji: str
    reactor_id: str
    advanced: bool
    """Whether it is what that person's reaction is now; a late one, told after a later, is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PollTallied(AboutMessage):
    """The votes of a poll so far, in total."""

    text: str | None
    options: Sequence[Any]
    advanced: bool
    """Whether it is how the poll stands now; a late one, told after a later, is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFailed(AboutMessage):
    """A message of ours could not be sent."""

    code: str | None
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneStatusChanged(Event):
    """One of our phones went on or off line."""

    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneError(Event):
    """Something failed that was no message of ours."""

    code: str | None
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveEvent(Event):
    """An agent took, released or closed a conversation in Maytapi's LiveChat."""

    event: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationQuarantined(Event):
    """A notification could not be read, in part or whole; it is kept."""

    notification_id: int
    problems: Sequence[str]


CLASSES: Mapping[str, type[Event]] = {
    EventType.MESSAGE_RECEIVED: MessageReceived,
    EventType.MESSAGE_SENT: MessageSent,
    EventType.MESSAGE_REVISED: MessageRevised,
    EventType.MESSAGE_ACK: AckReceived,
    EventType.MESSAGE_REACTION: ReactionReceived,
    EventType.MESSAGE_POLL: PollTallied,
    EventType.MESSAGE_QUEUED: MessageQueued,
    EventType.MESSAGE_FAILED: MessageFailed,
    EventType.PHONE_STATUS: PhoneStatusChanged,
    EventType.PHONE_ERROR: PhoneError,
    EventType.LIVE_EVENT: LiveEvent,
    EventType.NOTIFICATION_QUARANTINED: NotificationQuarantined,
}
"""The class of each type; another type, of a later version, is an `Event` and no more."""
