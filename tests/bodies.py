"""Bodies as Maytapi posts them, made of the few values that a test is about.

Their shape is that of the samples; a time is in seconds, as in traffic.
"""

from __future__ import annotations

from typing import Any

from tests import payloads

PHONE = "12345"
OTHER_PHONE = "12346"
CHAT = "15550100011@c.us"
GROUP = "120363000000000001@g.us"
UUID = "a0000001-0001-11ee-8001-000000000001"
OTHER_UUID = "a0000002-0001-11ee-8001-000000000001"
SENT = 1_700_000_000
"""When the messages of the tests were sent, unless they say otherwise."""


def whatsapp_id(key: str, chat: str = CHAT, *, from_me: bool = False, by: str = "") -> str:
    """Return a serialized id."""
    return f"{str(from_me).lower()}_{chat}_{key}{by and '_'}{by}"


def message(
    key: str = "3EB0A1",
    *,
    text: str = "hello",
    at: int | None = SENT,
    chat: str = CHAT,
    phone: str | None = PHONE,
    from_me: bool = False,
    name: str | None = None,
    serialized: str | None = None,
    **fields: Any,
) -> bytes:
    """Return a text message, by its key or by its whole id; `fields` go into the event."""
    identity = serialized or whatsapp_id(key, chat, from_me=from_me)
    content = {"type": "text", "text": text, "id": identity, "fromMe": from_me}
    return event(
        "message",
        phone,
        message=content,
        conversation=chat,
        conversation_name=name,
        timestamp=at,
        **fields,
    )


def acks(*entries: dict[str, Any], phone: str | None = PHONE) -> bytes:
    """Return an array of acks in the form of today."""
    return event("ack", phone, data=list(entries))


def bare_acks(*entries: dict[str, Any]) -> bytes:
    """Return an array of acks in the oldest form: neither a phone nor an envelope."""
    return payloads.dump(list(entries))


def ack(
    kind: str | None,
    *,
    msg_id: str | None = None,
    rxid: str | None = None,
    chat: str | None = CHAT,
    at: int | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return an entry of an array of acks."""
    return _given(ackType=kind, chatId=chat, msgId=msg_id, rxid=rxid, time=at) | fields


def reaction(rxid: str, emoji: str, *, by: str = CHAT, at: int | None = SENT) -> dict[str, Any]:
    """Return an entry that tells a reaction to a message of WhatsApp's id."""
    return ack(None, msg_id=rxid, rxid=rxid, at=at, reaction=emoji, reactorId=by)


def tally(rxid: str, votes: int, *, at: int | None = SENT) -> dict[str, Any]:
    """Return an entry that tells the votes of a poll."""
    options = [{"id": 0, "name": "yes", "votes": votes}]
    return ack(None, msg_id=rxid, rxid=rxid, at=at, text="well?", options=options)


def failure(
    msg_id: str = UUID,
    *,
    code: str = "F04",
    message: str = "Options are required.",
    phone: str | None = PHONE,
    chat: str | None = CHAT,
) -> bytes:
    """Return the error of a message that could not be sent."""
    request = _given(id=msg_id, to_number=chat)
    return event("error", phone, code=code, message=message, data=request)


def status(name: str, *, phone: str = PHONE, product: str | None = None) -> bytes:
    """Return the status of a phone."""
    return event("status", phone, status=name, product_id=product)


def live(name: str, *, chat: str = CHAT, phone: str = PHONE) -> bytes:
    """Return an event of LiveChat."""
    return event("live_event", phone, conversation=chat, data={"event": name})


def event(kind: str, phone: str | None, **fields: Any) -> bytes:
    """Return any body; what is None is left out."""
    return payloads.dump(_given(type=kind, phone_id=phone, **fields))


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
