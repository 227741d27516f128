"""Notifications as Maytapi posts them, made of the few values that a test is about.

Each call makes another notification, with ids of its own, a second after the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

Payload = dict[str, Any]

PHONE = "12345"
"""The phone of ours that everything comes to, unless it is told otherwise."""
NUMBER = "15550100011"
"""Who writes, unless it is told otherwise."""
START = 1_767_225_600
"""When the first notification tells of: 2026-01-01T00:00:00Z."""

_turns = count(1)


def message(text: str = "hello", *, type: str = "text", **options: Any) -> Payload:
    """Return a message that somebody has written to us.

    `number` and `name` are who; `group` is the id of a group (`…@g.us`), without one it is a direct
    chat. `phone` is which phone of ours, `id` WhatsApp's id, `fields` go into Maytapi's `message`.
    """
    return _message({"type": type, "text": text}, **options)


def media(
    type: str = "image",
    *,
    url: str = "https://media.example.invalid/file",
    mime: str = "image/jpeg",
    filename: str = "photo.jpeg",
    caption: str = "",
    **options: Any,
) -> Payload:
    """Return a file that somebody has sent to us; the options are those of `message`."""
    content = {"type": type, "url": url, "mime": mime, "filename": filename, "caption": caption}
    return _message(content, **options)


def sent(text: str = "hello", **options: Any) -> Payload:
    """Return a message that was typed on our own phone; `number` is who it is to."""
    return _message({"type": "text", "text": text}, from_me=True, **options)


def ack(
    type: str = "delivered", *, msg_id: str, number: str = NUMBER, phone: str = PHONE
) -> Payload:
    """Return an ack of a message of ours, by the id that sendMessage gave or by WhatsApp's."""
    codes = {"delivered": 1, "reached": 2, "seen": 3, "played": 4, "deleted": 5}
    entry = {
        "ackType": type, "ackCode": codes.get(type, 0), "chatId": _chat(number),
        "msgId": msg_id, "time": _time(),
    }  # fmt: skip
    return _envelope("ack", phone, data=[entry])


def reaction(emoji: str = "👍", *, to: str, number: str = NUMBER, phone: str = PHONE) -> Payload:
    """Return a reaction to the message of this WhatsApp id; an empty emoji takes it back."""
    entry = {
        "chatId": _chat_of(to), "msgId": to, "rxid": to, "reaction": emoji, "time": _time(),
        "reactorId": _chat(number), "reactionId": f"false_{_chat(number)}_{_key()}",
    }  # fmt: skip
    return _envelope("ack", phone, data=[entry])


def poll(votes: dict[str, int], *, of: str, text: str = "", phone: str = PHONE) -> Payload:
    """Return the votes so far of the poll of this WhatsApp id."""
    options = [{"id": n, "name": name, "votes": n_votes} for n, (name, n_votes) in
               enumerate(votes.items())]  # fmt: skip
    entry = {
        "chatId": _chat_of(of), "msgId": of, "rxid": of, "text": text, "options": options,
        "time": _time(),
    }  # fmt: skip
    return _envelope("ack", phone, data=[entry])


def failed(
    error: str = "Options are required.",
    *,
    msg_id: str,
    code: str = "F04",
    number: str = NUMBER,
    phone: str = PHONE,
) -> Payload:
    """Return that a message of ours could not be sent, by the id that sendMessage gave."""
    data = {"id": msg_id, "phone_id": phone, "to_number": _chat(number), "type": "text"}
    return _envelope("error", phone, code=code, message=error, data=data)


def phone_status(status: str = "active", *, phone: str = PHONE) -> Payload:
    """Return that a phone of ours is `active`, `loading`, `qr-code`, `disabled` …"""
    return _envelope("status", phone, status=status)


def live_event(
    event: str = "taken_by_agent", *, number: str = NUMBER, phone: str = PHONE
) -> Payload:
    """Return what an agent did with a conversation in Maytapi's LiveChat."""
    return _envelope("live_event", phone, conversation=_chat(number), data={"event": event})


def _message(
    content: Payload,
    *,
    number: str = NUMBER,
    name: str = "Ada",
    group: str | None = None,
    phone: str = PHONE,
    id: str | None = None,
    from_me: bool = False,
    fields: Payload | None = None,
) -> Payload:
    author, chat = _chat(number), group or _chat(number)
    own = f"{str(from_me).lower()}_{chat}_{_key()}"
    whatsapp_id = id or (f"{own}_{author}" if group else own)
    known = {"id": whatsapp_id, "_serialized": whatsapp_id, "fromMe": from_me}
    return _envelope(
        "message",
        phone,
        message=content | known | (fields or {}),
        user={"id": author, "name": name, "phone": number},
        conversation=chat,
        conversation_name=name,
        timestamp=_time(),
    )


def _envelope(type: str, phone: str, **fields: Any) -> Payload:
    return {"type": type, "phone_id": phone, **fields}


def _chat(number: str) -> str:
    return number if "@" in number else f"{number}@c.us"


def _chat_of(whatsapp_id: str) -> str:
    parts: Sequence[str] = whatsapp_id.split("_")
    return parts[1] if len(parts) > 2 else _chat(NUMBER)


def _time() -> int:
    return START + next(_turns)


def _key() -> str:
    return f"3EB0{next(_turns):016X}"
