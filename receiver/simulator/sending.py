"""What becomes of a call of sendMessage: it is queued, and later sent or failed (section b, f)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple
from zlib import crc32

from receiver.simulator import contents, notifications, talking, ticking
from receiver.simulator.contents import Content
from receiver.simulator.ids import Device
from receiver.simulator.ledger import Direction, Message
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState, Said

REMEMBERED = 3
"""Unique messages of a conversation that the repeat filter remembers."""
REPEATS = 3
"""How often each of them may be sent."""

Request = Mapping[str, Any]


class Sent(NamedTuple):
    """What sendMessage answers, and whether the first tick goes out before the answer."""

    chat_id: str
    msg_id: str
    early: bool


class Failure(NamedTuple):
    """Why a queued message was not sent, as the error notification says it."""

    message: str
    code: str | None = None


def send(simulation: Simulation, phone: Phone, request: Request) -> Sent:
    """Queue a message: that, and no more, is what success means."""
    chat_id = chat_of(str(request["to_number"]))
    msg_id = simulation.ids.msg_id(simulation.now)
    content = _content(phone, request)
    filtered = not request.get("skip_filter") and not _passes(phone, chat_id, request)
    simulation.ledger.write(
        Message(
            phone_id=str(phone.id),
            chat_id=chat_id,
            direction=Direction.OUTGOING,
            type=content["type"] if content else str(request["type"]),
            text=(content.get("text") or content.get("caption") or None) if content else None,
            sent_at=simulation.now,
            msg_id=msg_id,
            status="accepted",
            filtered=filtered,
        )
    )
    if filtered:
        return Sent(chat_id, msg_id, early=False)
    early = simulation.luck.random() < simulation.options.faults.early_acks
    sent = Sent(chat_id, msg_id, early)
    phone.queue.append(partial(_dispatch, simulation, phone, request, sent, content))
    if early:
        work(simulation, phone)
        simulation.tell_acks(phone, urgent=True)
    else:
        simulation.in_life(0.3, 1.0, lambda: work(simulation, phone))
    return sent


def work(simulation: Simulation, phone: Phone) -> None:
    """Send what is queued, if the phone is on line; otherwise it goes on waiting."""
    while phone.state is PhoneState.ACTIVE and phone.queue:
        phone.queue.popleft()()


def chat_of(to_number: str) -> str:
    """Return the chat that a number, with or without `+`, or a chat id names."""
    return to_number if "@" in to_number else f"{to_number.removeprefix('+')}@c.us"


def _passes(phone: Phone, chat_id: str, request: Request) -> bool:
    same = repr(sorted((name, repr(value)) for name, value in request.items()))
    remembered = phone.recently_sent[chat_id]
    times = next((count for said, count in remembered if said == same), 0)
    if times >= REPEATS:
        return False
    rest = [entry for entry in remembered if entry[0] != same]
    phone.recently_sent[chat_id] = [*rest, (same, times + 1)][-REMEMBERED:]
    return True


def _dispatch(
    simulation: Simulation,
    phone: Phone,
    request: Request,
    sent: Sent,
    content: Content | None,
) -> None:
    if failure := _failure(simulation, phone, request, sent.chat_id):
        _fail(simulation, phone, request, sent.msg_id, failure)
    elif content is None:
        _act(simulation, phone, request, sent.msg_id)
    else:
        said = talking.write_own(simulation, phone, sent.chat_id, content, Device.WEB)
        simulation.ledger.learn(sent.msg_id, said.whatsapp_id)
        hear: Callable[[], None] = partial(talking.hear, simulation, phone, said)
        ticking.climb(simulation, phone, said, sent.msg_id, at_once=sent.early, then=hear)


def _failure(
    simulation: Simulation, phone: Phone, request: Request, chat_id: str
) -> Failure | None:
    world = simulation.world
    group = world.groups.get(chat_id)
    if group and phone.chat_id not in group.members:
        return Failure("NOT_A_PARTICIPANT")
    if group is None and not world.is_on_whatsapp(chat_id):
        return Failure(f"{chat_id} NOT_ON_WHATSAPP")
    if request["type"] == "poll" and not _listed(request):
        return Failure("Options are required.", "F04")
    return None


def _fail(
    simulation: Simulation, phone: Phone, request: Request, msg_id: str, failure: Failure
) -> None:
    body = notifications.failure(
        simulation.source(phone), request, msg_id, message=failure.message, code=failure.code
    )
    if simulation.post(phone, "error", body):
        simulation.ledger.tick(msg_id, "failed")


def _act(simulation: Simulation, phone: Phone, request: Request, msg_id: str) -> None:
    """Delete; nothing is told of our own edits and reactions, as far as is known."""
    if request["type"] != "delete":
        return
    name = str(request.get("message"))
    target = simulation.ledger.outgoing(name)
    said = phone.said(target.whatsapp_id) if target and target.whatsapp_id else None
    if target is None or said is None:
        _fail(simulation, phone, request, msg_id, Failure("message not found"))
    else:
        ticking.tell(simulation, phone, said, target.msg_id or name, "deleted")


def _content(phone: Phone, request: Request) -> Content | None:
    """Return what the receiving side sees; None for what is no message of its own."""
    message, words = request.get("message"), request.get("text")
    match request["type"]:
        case "delete" | "edit" | "reaction":
            return None
        case "media" | "image" | "video" | "audio" | "document" | "sticker" as kind:
            name = str(request.get("filename") or f"{kind}-{crc32(str(message).encode())}")
            return contents.media(_media_kind(kind, str(message)), name, str(words or ""))
        case "location":
            return contents.location(request.get("latitude", 0), request.get("longitude", 0))
        case "contact":
            return contents.vcard(str(message))
        case "vcard":
            shown = message.get("displayName", "") if isinstance(message, dict) else message
            return contents.vcard(str(shown))
        case "link":
            return contents.text(f"{words}\n{message}" if words else str(message))
        case "poll":
            options = _listed(request)
            return contents.poll(str(message), options, only_one=bool(request.get("only_one")))
        case "product":
            return contents.product(str(request.get("productId")))
        case "forward":
            said: Said | None = phone.said(str(message))
            return dict(said.content) if said else contents.text(str(message))
        case _:
            return contents.text(str(message))


def _listed(request: Request) -> list[str]:
    options = request.get("options")
    return [str(option) for option in options] if isinstance(options, list) else []


def _media_kind(kind: str, message: str) -> str:
    if kind != "media":
        return kind
    for known, marks in (
        ("image", ("image/", ".png", ".jpg", ".jpeg")),
        ("video", ("video/", ".mp4")),
        ("ptt", ("audio/ogg", ".oga", ".ogg")),
        ("audio", ("audio/", ".mp3", ".m4a")),
    ):
        if any(mark in message[:200].lower() for mark in marks):
            return known
    return "document"
