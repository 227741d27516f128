"""What the journal holds: the types of events, in the words of the REST API."""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    """What happened. The set grows; a reader ignores what it doesn't know."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_REVISED = "message.revised"
    """A known message came again with other content: an edit, a fresh media link."""
    MESSAGE_ACK = "message.ack"
    MESSAGE_REACTION = "message.reaction"
    MESSAGE_POLL = "message.poll"
    MESSAGE_FAILED = "message.failed"
    PHONE_STATUS = "phone.status"
    LIVE_EVENT = "live.event"
    NOTIFICATION_QUARANTINED = "notification.quarantined"
