"""Events as handlers get them, made without a journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from receiver import AckReceived, MessageReceived, PhoneStatusChanged
from receiver.events import Sender

AT = datetime(2024, 2, 6, 10, 23, 54, 7000, tzinfo=UTC)


def message(seq: int = 41, **changes: Any) -> MessageReceived:
    """Return the arrival of a text."""
    fields: dict[str, Any] = {
        "id": seq,
        "event_type": "message.received",
        "at": AT,
        "phone_id": "12345",
        "conversation_id": 3,
        "data": {"first_copy": True},
        "message_id": 17,
        "chat_id": "15550100011@c.us",
        "msg_id": None,
        "whatsapp_id": "false_15550100011@c.us_3EB0A1",
        "from_me": False,
        "type": "text",
        "text": "What is the price?",
        "media": None,
        "location": None,
        "sender": Sender(id="15550100011@c.us", name="Ada", phone="15550100011"),
        "sent_at": AT.replace(microsecond=0),
        "status": None,
        "first_copy": True,
        "quoted": {"text": "before", "sent_at": AT},
        "payload": {"type": "text", "text": "What is the price?"},
    }
    return MessageReceived(**fields | changes)


def ack(seq: int = 42) -> AckReceived:
    """Return an ack."""
    return AckReceived(
        id=seq,
        event_type="message.ack",
        at=AT,
        phone_id="12345",
        conversation_id=3,
        data={"type": "seen", "status": "seen", "advanced": True},
        message_id=17,
        chat_id="15550100011@c.us",
        msg_id="a1b2",
        whatsapp_id=None,
        from_me=True,
        ack="seen",
        status="seen",
        advanced=True,
    )


def phone_status(seq: int = 43) -> PhoneStatusChanged:
    """Return an event that is about no message."""
    return PhoneStatusChanged(
        id=seq,
        event_type="phone.status",
        at=AT,
        phone_id="12345",
        conversation_id=None,
        data={"status": "loading"},
        status="loading",
    )
