"""What of an event goes out: the event as REST shows it, and with it what it says of a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from receiver import AboutMessage, Event, MessageEvent, NotificationQuarantined


def write(event: Event) -> bytes:
    """Write an event as JSON; a try that comes later may find more in its message."""
    said: dict[str, Any] = {
        "seq": event.id,
        "type": event.event_type,
        "at": event.at,
        "phone_id": event.phone_id,
        "conversation_id": event.conversation_id,
        "message_id": getattr(event, "message_id", None),
        "data": event.data,
    }
    if isinstance(event, NotificationQuarantined):
        said["notification_id"] = event.notification_id
    if isinstance(event, AboutMessage):
        said["message"] = _message(event)
    option = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
    return orjson.dumps(said, default=_written, option=option)


def _message(event: AboutMessage) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": event.message_id,
        "phone_id": event.phone_id,
        "conversation_id": event.conversation_id,
        "chat_id": event.chat_id,
        "direction": "outgoing" if event.from_me else "incoming",
        "msg_id": event.msg_id,
        "whatsapp_id": event.whatsapp_id,
    }
    if isinstance(event, MessageEvent):
        own = ("type", "text", "media", "location", "sender", "sent_at", "status", "quoted")
        message |= {name: getattr(event, name) for name in own}
        message |= {"first_copy": event.first_copy, "payload": event.payload}
    return message


def _written(value: object) -> str | orjson.Fragment:
    if isinstance(value, int):  # one past 64 bits
        return orjson.Fragment(str(value))
    if not isinstance(value, datetime):
        raise TypeError(f"an event holds no {type(value).__name__}")
    precision = "milliseconds" if value.microsecond else "seconds"
    return value.isoformat(timespec=precision).replace("+00:00", "Z")
