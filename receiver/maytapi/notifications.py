"""Parse what Maytapi posts: bytes in, what they say out.

`parse` never raises, whatever the bytes. What can't be read is named in `problems`, and the rest is
still told: each entry of an array stands alone. The limits: 254 levels of nesting for what is kept
(1,024 to be read at all), ids of 255 characters, times up to the year 9999.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from receiver.errors import Unreadable
from receiver.maytapi import acks, decoding, messages
from receiver.maytapi.fields import Fields
from receiver.maytapi.messages import Message

MAX_PROBLEMS = 20
"""Notes kept of one body; an array of 100,000 broken entries says no more with all of them."""


class Named(NamedTuple):
    """Names of the message that an entry is about.

    For a message sent through the API `msg_id` is the UUID of sendMessage and `rxid` WhatsApp's id;
    for others both are WhatsApp's.
    """

    phone_id: str
    chat_id: str | None
    msg_id: str | None
    whatsapp_id: str | None


class Ack(NamedTuple):
    """A tick, a deletion, or an entry of no known kind."""

    about: Named
    type: str
    at: int | None


class Reaction(NamedTuple):
    """Somebody's reaction to a message; an empty emoji takes it back."""

    about: Named
    emoji: str
    reactor_id: str
    at: int | None


class PollTally(NamedTuple):
    """The votes of a poll so far, in total; not one person's vote."""

    about: Named
    tally: str
    """Question and options as JSON text."""
    at: int | None


class SendFailure(NamedTuple):
    """A queued message of ours could not be sent."""

    about: Named
    code: str | None
    message: str | None


class PhoneStatus(NamedTuple):
    """What has become of one of our phones."""

    phone_id: str
    product_id: str | None
    status: str


class PhoneError(NamedTuple):
    """Something failed that was no message of ours."""

    phone_id: str
    code: str | None
    message: str | None


class LiveEvent(NamedTuple):
    """An agent took, released or closed a conversation in Maytapi's LiveChat."""

    phone_id: str
    chat_id: str
    event: str


About = Ack | Reaction | PollTally | SendFailure
"""What is said about a message that was there before."""

State = PhoneStatus | PhoneError | LiveEvent
"""What is told without a time, and of no message."""

Said = Message | About | State


class Reading(NamedTuple):
    """Everything that one body says."""

    said: list[Said]
    problems: list[str]
    """Why it, or a part of it, could not be read; empty for a sound body."""
    occasion: int = 0
    """Milliseconds since 1970 of what it tells of, 0 when it has no time: a repeat has the same."""
    subject: str | None = None
    """Whose state a body without a time tells: there, only the same news twice running is a repeat.
    """


def parse(body: bytes) -> Reading:
    """Return all that a body says, and what could not be read."""
    problems: list[str] = []
    try:
        decoded = decoding.decode(body)
    except Unreadable as error:
        return Reading(said=[], problems=[str(error)])
    if decoded.repaired:
        problems.append(decoded.repaired)
    reading = _read(decoded.value, problems)
    del problems[MAX_PROBLEMS:]
    return reading


def _read(value: Any, problems: list[str]) -> Reading:
    if isinstance(value, list):
        # The oldest form of acks: a bare array, without a phone or a product.
        return _acks(value, phone_id="", problems=problems)
    if not isinstance(value, dict):
        problems.append(f"neither object nor array: {type(value).__name__}")
        return Reading(said=[], problems=problems)
    event = Fields(value, problems)
    try:
        # `phone_id` is a string in the documents and an integer in traffic; `phoneId` is older.
        phone_id = event.identifier("phone_id", "phoneId") or ""
        return _dispatch(event, phone_id)
    except Unreadable as error:
        problems.append(str(error))
        return Reading(said=[], problems=problems)


def _dispatch(event: Fields, phone_id: str) -> Reading:
    problems = event.problems
    kind = event.value.get("type")
    match kind:
        case "message":
            message = messages.read(event, phone_id=phone_id)
            return Reading(said=[message], problems=problems, occasion=message.sent_at or 0)
        case "ack":
            entries = event.elements("data")
            if entries is None:
                raise Unreadable("there is no array of acks")
            return _acks(entries, phone_id=phone_id, problems=problems)
        case "error":
            return _error(event, phone_id)
        case "status":
            status = _status(event, phone_id)
            subject = f"phone {phone_id}"
            return Reading(said=[status], problems=problems, subject=subject)
        case "live_event":
            live = _live(event, phone_id)
            subject = f"live {phone_id} {live.chat_id}"
            return Reading(said=[live], problems=problems, subject=subject)
        case None:
            raise Unreadable("type is missing")
        case str():
            raise Unreadable(f"unknown type {kind[:40]!r}")
        case _:
            raise Unreadable("type is no text")


def _acks(entries: list[Any], *, phone_id: str, problems: list[str]) -> Reading:
    said: list[Said] = []
    occasion = 0
    notes: list[str] = []
    for position, entry in enumerate(entries):
        try:
            if not isinstance(entry, dict):
                raise Unreadable("no object")
            about = _about(Fields(entry, notes), phone_id)
        except Unreadable as error:
            notes.append(str(error))
        else:
            said.append(about)
            occasion = occasion or about.at or 0
        if notes:
            problems += [f"[{position}]: {note}" for note in notes]
            notes.clear()
    return Reading(said=said, problems=problems, occasion=occasion)


def _about(entry: Fields, phone_id: str) -> Ack | Reaction | PollTally:
    """Read one entry; of its four kinds the fields tell, not a type."""
    named = _named(entry, phone_id)
    at = entry.moment("time")
    if "ackType" in entry.value or "ackCode" in entry.value:
        ack_type = entry.identifier("ackType")
        return Ack(about=named, type=acks.name_of(ack_type, entry.integer("ackCode")), at=at)
    if "options" in entry.value:
        tally = {"text": entry.text("text"), "options": entry.elements("options") or []}
        return PollTally(about=named, tally=decoding.encode(tally), at=at)
    if "reaction" in entry.value:
        return Reaction(
            about=named,
            emoji=entry.identifier("reaction") or "",
            reactor_id=entry.identifier("reactorId") or "",
            at=at,
        )
    return Ack(about=named, type=acks.UNKNOWN_KIND, at=at)


def _named(entry: Fields, phone_id: str) -> Named:
    msg_id, rxid = entry.identifier("msgId"), entry.identifier("rxid")
    if msg_id is None and rxid is None:
        raise Unreadable("msgId and rxid are missing")
    if msg_id and "_" in msg_id:
        msg_id, rxid = None, rxid or msg_id
    return Named(
        phone_id=phone_id,
        chat_id=entry.identifier("chatId"),
        msg_id=msg_id,
        whatsapp_id=rxid,
    )


def _error(event: Fields, phone_id: str) -> Reading:
    # `data` echoes the request; all that matters of it is `id`, the msgId of sendMessage.
    request = event.part("data")
    msg_id = request.identifier("id") if request else None
    code, message = event.label("code"), event.text("message")
    if request and msg_id:
        about = _requested(request, msg_id, phone_id)
        failure = SendFailure(about=about, code=code, message=message)
        return Reading(said=[failure], problems=event.problems)
    if code is None and message is None:
        raise Unreadable("data.id, code and message are missing: an error of nothing")
    error = PhoneError(phone_id=phone_id, code=code, message=message)
    return Reading(said=[error], problems=event.problems, subject=f"error {phone_id}")


def _requested(request: Fields, msg_id: str, phone_id: str) -> Named:
    chat_id = request.label("to_number")
    if chat_id and "@" not in chat_id:
        chat_id = f"{chat_id.removeprefix('+')}@c.us"
    return Named(
        phone_id=phone_id or request.label("phone_id") or "",
        chat_id=chat_id,
        msg_id=msg_id,
        whatsapp_id=None,
    )


def _status(event: Fields, phone_id: str) -> PhoneStatus:
    status = event.identifier("status")
    if status is None or not phone_id:
        raise Unreadable("status or phone_id is missing")
    product_id = event.label("product_id", "productId", "pid")
    return PhoneStatus(phone_id=phone_id, product_id=product_id, status=status)


def _live(event: Fields, phone_id: str) -> LiveEvent:
    data = event.part("data")
    name = data.identifier("event") if data else None
    chat_id = event.identifier("conversation")
    if name is None or chat_id is None:
        raise Unreadable("data.event or conversation is missing")
    return LiveEvent(phone_id=phone_id, chat_id=chat_id, event=name)
