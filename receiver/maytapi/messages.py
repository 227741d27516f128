"""What a `message` event says: one message, of whatever type (protocol, section c).

The fields of Maytapi's `message` object depend on its type, and its list of types grows. What is
read here goes by field rather than by type, so that a type of tomorrow shows its text, its media
and its place without a change; the object itself is kept whole in `payload`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from receiver.errors import Unreadable
from receiver.maytapi.decoding import encode
from receiver.maytapi.fields import Fields
from receiver.maytapi.identity import (
    Identity,
    WhatsAppId,
    identify,
    identify_by_content,
    kind_of,
    phone_of,
    take_apart,
)

UNTYPED = "unknown"
"""The type of a message that came without one."""


class Sender(NamedTuple):
    """Who said it, as far as it was told; hidden senders have an id ending in `@lid`."""

    id: str | None
    name: str | None
    phone: str | None


class Message(NamedTuple):
    """A message as one of our phones saw it."""

    phone_id: str
    chat_id: str
    chat_name: str | None
    identity: Identity
    whatsapp_id: str | None
    from_me: bool
    type: str
    text: str | None
    media: dict[str, str | None] | None
    location: dict[str, float] | None
    quoted: dict[str, Any] | None
    sender: Sender | None
    sent_at: int | None
    """Milliseconds since 1970 (UTC)."""
    payload: str
    """Maytapi's `message` object, as JSON text."""


def read(event: Fields, *, phone_id: str) -> Message:
    """Read a `message` event.

    Raises:
        Unreadable: without a message object, a chat or a usable id nothing can be kept in order.
    """
    content = event.part("message")
    if content is None:
        raise Unreadable("there is no message object")
    whatsapp_id = content.identifier("_serialized", "id")
    parts = take_apart(whatsapp_id) if whatsapp_id else None
    user = event.part("user")
    chat_id = event.identifier("conversation") or _chat_without_conversation(parts, user)
    from_me = _is_from_me(content, parts)
    receiver = event.label("receiver")
    if from_me:
        sender = _own(parts, receiver)
    else:
        participant = parts.participant if parts else None
        # Without the flag and a whole id it may be one of ours.
        partner = _partner(chat_id) if parts or "fromMe" in content.value else None
        sender = _sender(user, _other(participant, receiver), _other(partner, receiver))
    sent_at = event.moment("timestamp")
    payload = encode(content.value)
    if whatsapp_id:
        identity = identify(phone_id=phone_id, chat_id=chat_id, whatsapp_id=whatsapp_id)
    else:
        said = f"{sent_at} {sender.id if sender else None} {payload}"
        identity = identify_by_content(phone_id=phone_id, chat_id=chat_id, content=said)
    return Message(
        phone_id=phone_id,
        chat_id=chat_id,
        chat_name=_chat_name(event, chat_id, sender, from_me=from_me),
        identity=identity,
        whatsapp_id=whatsapp_id,
        from_me=from_me,
        type=content.label("type") or UNTYPED,
        text=content.text("text", "caption"),
        media=_media(content),
        location=_location(content) if _has_place(content) else None,
        quoted=_quoted(event, content),
        sender=sender,
        sent_at=sent_at,
        payload=payload,
    )


def _chat_without_conversation(parts: WhatsAppId | None, user: Fields | None) -> str:
    # `conversation` has been seen empty; the id names the chat too, and in the oldest form,
    # without ids, the sender of a direct message does.
    if parts:
        return parts.chat_id
    if user and (chat_id := user.identifier("id")):
        return chat_id
    raise Unreadable("conversation is missing")


def _is_from_me(content: Fields, parts: WhatsAppId | None) -> bool:
    # The flag wins: ids that start with true_ have been seen on messages of others. Types such as
    # info, location and vcard may come without the flag.
    flag = content.truth("fromMe")
    if flag is None:
        return parts is not None and parts.from_me
    return flag


def _own(parts: WhatsAppId | None, receiver: str | None) -> Sender | None:
    # For our own messages `user` has been seen as the chat partner: the receiver is our number.
    own_id = (parts and parts.participant) or (f"{receiver}@c.us" if receiver else None)
    return Sender(id=own_id, name=None, phone=receiver or phone_of(own_id)) if own_id else None


def _partner(chat_id: str) -> str | None:
    """Return who speaks in a direct chat, if it is not us; a group says nothing itself."""
    return chat_id if kind_of(chat_id) in ("person", "hidden") else None


def _other(named: str | None, receiver: str | None) -> str | None:
    # In groups with hidden members the participant of the id can be our own number although
    # somebody else spoke: then the sender is unknown.
    return named if named and named.partition("@")[0] != receiver else None


def _sender(user: Fields | None, participant: str | None, partner: str | None) -> Sender | None:
    name = user.text("name") if user else None
    phone = user.label("phone") if user else None
    sender_id = user.label("id") if user else None
    # Ids of the older documents name no participant.
    sender_id = sender_id or participant or partner
    phone = phone or phone_of(sender_id) or phone_of(partner)
    if sender_id is None and name is None and phone is None:
        return None
    return Sender(id=sender_id, name=name, phone=phone)


def _chat_name(event: Fields, chat_id: str, sender: Sender | None, *, from_me: bool) -> str | None:
    if name := event.text("conversation_name"):
        return name
    if sender and not from_me and not chat_id.endswith("@g.us"):
        return sender.name
    return None


def _media(content: Fields) -> dict[str, str | None] | None:
    url = content.text("url")
    if url is None:
        return None
    return {
        "url": url,
        "mime_type": content.text("mime"),
        "filename": content.text("filename"),
    }


def _has_place(content: Fields) -> bool:
    # No body of a live location is public: one that names no place where others do is no fault.
    named = "payload" in content.value or "latitude" in content.value
    kind = content.value.get("type")
    return kind == "location" or (kind == "live_location" and named)


def _location(content: Fields) -> dict[str, float] | None:
    # "lat,lon" in one string; two fields are what sendMessage takes.
    pair = content.value.get("payload")
    if isinstance(pair, str):
        latitude, _, longitude = pair.partition(",")
    else:
        latitude, longitude = content.value.get("latitude", ""), content.value.get("longitude", "")
    try:
        return place(latitude, longitude)
    except Unreadable as error:
        content.problems.append(f"message.payload is {error}")
        return None


def place(latitude: Any, longitude: Any) -> dict[str, float]:
    """Return a location; Maytapi writes degrees as numbers or as text.

    Raises:
        Unreadable: it is none.
    """
    try:
        found = {"latitude": _degrees(latitude), "longitude": _degrees(longitude)}
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("no location") from None
    if abs(found["latitude"]) <= 90 and abs(found["longitude"]) <= 180:
        return found
    raise Unreadable("no place on earth")


def _degrees(found: Any) -> float:
    if type(found) is bool or "_" in str(found):
        raise TypeError("true is not 1 here, nor 1_0 ten")
    return float(found)


def _quoted(event: Fields, content: Fields) -> dict[str, Any] | None:
    quoted = event.part("quoted") or content.part("quotedMsg")
    if quoted is None:
        return None
    user = quoted.part("user")
    return {
        "whatsapp_id": quoted.label("_serialized", "id"),
        "type": quoted.label("type"),
        "text": quoted.text("text", "caption"),
        "sender": {"id": user.label("id"), "name": user.text("name"), "phone": user.label("phone")}
        if user
        else None,
        "sent_at": quoted.moment("timestamp"),
    }
