"""The calls about what is said, and with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from receiver.maytapi.answers import CheckedPhone, Contact, Done, History, NumberStatus, Sent
from receiver.maytapi.calls.making import Call, anything, part, posting, reading, whole
from receiver.maytapi.contents import Content, Text
from receiver.maytapi.outgoing import without_marks


def send_message(
    phone_id: str,
    *,
    to: str,
    text: str | None = None,
    content: Content | None = None,
    reply_to: str | None = None,
    skip_filter: bool = False,
) -> Call[Sent]:
    """Queue a message: a text, or other content. Acks tell later how far it came.

    `to` is a number with its country code, or the id of a chat; `reply_to` the id of a message to
    quote. Maytapi drops what was just said three times in a chat, unless `skip_filter` is set.

    Raises:
        TypeError: both text and content were given, or none.
    """
    if content is None and text is not None:
        content, text = Text(text=text), None
    if content is None or text is not None:
        raise TypeError("give either text or content")
    quoting = {"reply_to": reply_to} if reply_to else {}
    unfiltered = {"skip_filter": True} if skip_filter else {}
    number = to if "@" in to else without_marks(to)
    return send(phone_id, {"to_number": number, **quoting, **unfiltered, **content.fields()})


def send(phone_id: str, message: Mapping[str, Any]) -> Call[Sent]:
    """Queue a message that is given in Maytapi's own fields, `to_number` and `type` among them."""
    read = part("data", Sent)
    path = (phone_id, "sendMessage")
    return Call(method="POST", path=path, body=dict(message), read=read, paced=True)


def get_conversations(
    phone_id: str, *, days: int | None = None, page: int | None = None
) -> Call[Any]:
    """Return the chats of the last days, in a form that is in no public document."""
    return reading(phone_id, "getConversations", read=anything, days=days, page=page)


def get_conversation(
    phone_id: str, conversation_id: str, *, count: int | None = None, page: int | None = None
) -> Call[History]:
    """Return messages of a chat, as `get_messages` does."""
    path = (phone_id, "getConversations", conversation_id)
    return reading(*path, read=part("data", History), count=count, page=page)


def get_messages(
    phone_id: str, conversation_id: str, *, count: int | None = None, page: int | None = None
) -> Call[History]:
    """Return messages of a chat; it takes some 13 seconds. Pages begin at 0 and overlap."""
    path = (phone_id, "getMessages", conversation_id)
    return reading(*path, read=part("data", History), count=count, page=page)


def get_message(phone_id: str, message_id: str) -> Call[Any]:
    """Return one message, in a form that is in no public document."""
    return reading(phone_id, "getMessage", message_id, read=anything)


def contacts(phone_id: str) -> Call[list[Contact]]:
    """Return the chats of the phone."""
    return reading(phone_id, "contacts", read=part("data", list[Contact]))


def contact(phone_id: str, conversation_id: str) -> Call[list[Contact]]:
    """Return one chat of the phone, with its picture."""
    return reading(phone_id, "contact", conversation_id, read=part("data", list[Contact]))


def contact_add(phone_id: str, fields: Mapping[str, Any]) -> Call[Done]:
    """Add a contact; what Maytapi wants to know of it is in no public document."""
    return posting(phone_id, "contact", "add", body=dict(fields), read=whole(Done))


def contact_edit(phone_id: str, fields: Mapping[str, Any]) -> Call[Done]:
    """Change a contact, as with `contact_add`."""
    return posting(phone_id, "contact", "edit", body=dict(fields), read=whole(Done))


def contact_remove(phone_id: str, fields: Mapping[str, Any]) -> Call[Done]:
    """Remove a contact, as with `contact_add`."""
    return posting(phone_id, "contact", "remove", body=dict(fields), read=whole(Done))


def check_number_status(phone_id: str, number: str) -> Call[NumberStatus]:
    """Return whether a number is on WhatsApp."""
    whole = number if "@" in number else f"{number}@c.us"
    read = part("result", NumberStatus)
    return reading(phone_id, "checkNumberStatus", read=read, number=whole)


def check_phones(phone_id: str, numbers: Sequence[str]) -> Call[list[CheckedPhone]]:
    """Return which of these numbers are on WhatsApp."""
    path = (phone_id, "checkPhones")
    read = part("data", list[CheckedPhone])
    body = {"numbers": list(numbers)}
    return Call(method="POST", path=path, body=body, read=read, only_reads=True)
