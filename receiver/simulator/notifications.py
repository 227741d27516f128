"""The bodies of webhooks, in the form of each era (protocol, section c)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from receiver.maytapi.acks import ACK_CODES
from receiver.simulator.ids import serialized
from receiver.simulator.options import Era
from receiver.simulator.people import Person
from receiver.simulator.world import Phone, Said

API = "https://api.maytapi.com/api"
"""In `reply`, as Maytapi writes it, wherever the simulator runs: nobody should post there."""

NOBODY = {"id": "", "name": "", "phone": ""}
"""The user of a message in a group that hides its members."""

_CODES = {name: code for code, name in ACK_CODES.items()}
_SEED_ACKS = frozenset({"delivered", "reached", "seen"})

Body = dict[str, Any] | list[dict[str, Any]]


class Source(NamedTuple):
    """Whose notification it is, and in which form."""

    era: Era
    product_id: str
    phone: Phone


def user(person: Person) -> dict[str, str]:
    """Write who sent a message."""
    return {"id": person.chat_id, "name": person.name, "phone": person.number}


def message_id(era: Era, said: Said) -> str:
    """Return the id of a message as it is written: the documents of the old form show bare keys."""
    return said.key if era is Era.SEED else said.whatsapp_id


def message(
    source: Source,
    said: Said,
    *,
    user: Mapping[str, str],
    chat_name: str,
    quoted: Mapping[str, Any] | None = None,
) -> Body:
    """Write a message as one phone has it."""
    era, product_id, phone = source
    body: dict[str, Any] = {
        **_ids(source),
        "message": _content(era, said),
        "user": user,
        "conversation": said.chat_id,
        "conversation_name": chat_name,
        "receiver": phone.number,
        "timestamp": seconds(said.at),
        "type": "message",
        "reply": f"{API}/{product_id}/{phone.id}/sendMessage",
    }
    if quoted:
        body["quoted"] = quoted
    if era is Era.SEED:
        del body["conversation_name"]
        return body
    return body | {"productId": product_id, "phoneId": phone.id}


def quotation(era: Era, said: Said, person: Person) -> dict[str, Any]:
    """Write a message that another one answers to."""
    return _content(era, said) | {"user": user(person), "timestamp": seconds(said.at)}


def acks(source: Source, entries: Sequence[Mapping[str, Any]]) -> Body:
    """Write what was collected about messages; in the old form a bare array of ticks."""
    if source.era is Era.SEED:
        kept = ("ackType", "chatId", "msgId")
        return [{name: it[name] for name in kept} for it in entries if "ackType" in it]
    return {
        "data": [dict(entry) for entry in entries],
        "phoneId": source.phone.id,
        "phone_id": source.phone.id,
        "product_id": source.product_id,
        "type": "ack",
    }


def tick(ack: str, *, chat_id: str, msg_id: str, rxid: str, at: datetime) -> dict[str, Any]:
    """Write that a message has come further."""
    return {"ackCode": _CODES[ack], "ackType": ack, **_about(chat_id, msg_id, rxid, at)}


def reaction(said: Said, emoji: str, *, reactor: Person, key: str, at: datetime) -> dict[str, Any]:
    """Write that somebody reacted to a message; WhatsApp has an id for that, too."""
    participant = None if said.chat_id == reactor.chat_id else reactor.chat_id
    return {
        **_about(said.chat_id, said.whatsapp_id, said.whatsapp_id, at),
        "reaction": emoji,
        "reactionId": serialized(said.chat_id, key, from_me=False, participant=participant),
        "reactorId": reactor.chat_id,
    }


def tally(said: Said, votes: list[dict[str, Any]], *, at: datetime) -> dict[str, Any]:
    """Write how the votes of a poll stand."""
    return {
        **_about(said.chat_id, said.whatsapp_id, said.whatsapp_id, at),
        "text": said.text,
        "options": votes,
    }


def is_told(era: Era, entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry of acks exists in an era."""
    return era is Era.MODERN or entry.get("ackType") in _SEED_ACKS


def failure(
    source: Source, request: Mapping[str, Any], msg_id: str, *, message: str, code: str | None
) -> Body:
    """Write that a queued message could not be sent: the request comes back with its id."""
    body: dict[str, Any] = {
        "data": {**request, "id": msg_id, "phone_id": str(source.phone.id)},
        "message": message,
        **_ids(source),
        "phoneId": source.phone.id,
        "type": "error",
    }
    return body | {"code": code} if code else body


def status(source: Source) -> Body:
    """Write what has become of a phone."""
    phone, product_id = source.phone, source.product_id
    if source.era is Era.SEED:
        return {
            "type": "status",
            "pid": product_id,
            "phone_id": str(phone.id),
            "status": phone.state,
        }
    return {
        "phoneId": phone.id,
        "phone_id": phone.id,
        "pid": product_id,
        "product_id": product_id,
        "status": phone.state,
        "type": "status",
    }


def live(source: Source, chat_id: str, event: str) -> Body:
    """Write that an agent took, released or closed a conversation."""
    return {
        "type": "live_event",
        **_ids(source),
        "conversation": chat_id,
        "data": {"event": event},
    }


def seconds(at: datetime) -> int:
    """Write a time: "the last 000 are excluded"."""
    return int(at.timestamp())


def _ids(source: Source) -> dict[str, Any]:
    if source.era is Era.SEED:
        return {"productId": source.product_id, "phoneId": source.phone.id}
    return {"product_id": source.product_id, "phone_id": source.phone.id}


def _content(era: Era, said: Said) -> dict[str, Any]:
    name = message_id(era, said)
    content = {**said.content, "id": name}
    if era is Era.MODERN:
        content["_serialized"] = name
    # The documents list no fromMe for these.
    if said.content["type"] == "info":
        return content
    return content | {"fromMe": said.from_me}


def _about(chat_id: str, msg_id: str, rxid: str, at: datetime) -> dict[str, Any]:
    return {"chatId": chat_id, "msgId": msg_id, "rxid": rxid, "time": seconds(at)}
