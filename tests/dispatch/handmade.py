"""Events, handlers and contexts made by hand, for what needs no database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from receiver import AckReceived, Context, Event, MessageReceived, PhoneStatusChanged, Router
from receiver.dispatch.routing import Handler
from receiver.events import Sender
from receiver.maytapi.outgoing import Outgoing

CHAT = "15550100011@c.us"
_COMMON: dict[str, Any] = {"at": datetime(2024, 2, 6, tzinfo=UTC), "phone_id": "12345"}
_ABOUT: dict[str, Any] = {
    "message_id": 17, "chat_id": CHAT, "msg_id": None, "whatsapp_id": f"false_{CHAT}_3EB0A1",
}  # fmt: skip


def message(seq: int = 1, **changes: Any) -> MessageReceived:
    """Return a received text message."""
    fields: dict[str, Any] = {
        "id": seq, "event_type": "message.received", "conversation_id": 3, "data": {},
        "from_me": False, "type": "text", "text": "What is the price?", "media": None,
        "location": None, "sender": Sender(id=CHAT, name="Contact A", phone="15550100011"),
        "sent_at": None, "status": None, "first_copy": True, "quoted": None, "payload": {},
    }  # fmt: skip
    return MessageReceived(**_COMMON | _ABOUT | fields | changes)


def ack(kind: str) -> AckReceived:
    """Return an ack about one of our messages."""
    return AckReceived(
        id=2, event_type="message.ack", conversation_id=3, data={"type": kind}, from_me=True,
        ack=kind, status=kind, advanced=True, **_COMMON | _ABOUT | {"msg_id": "a1b2"},
    )  # fmt: skip


def phone_status(status: str, phone_id: str | None = "12345") -> PhoneStatusChanged:
    """Return the news that a phone goes on or off line."""
    return PhoneStatusChanged(
        id=3, event_type="phone.status", conversation_id=None, data={}, status=status,
        **_COMMON | {"phone_id": phone_id},
    )  # fmt: skip


def handler(function: Callable[..., Any], **options: Any) -> Handler:
    """Return a function as the handler of every event."""
    router = Router("bot")
    router.on(Event, name="bot.note", **options)(function)
    [made] = router.handlers()
    return made


class Surroundings:
    """A store that has written down what it was asked for; nothing is stored until `settle`."""

    def __init__(self) -> None:
        self.queued: list[tuple[str, Outgoing]] = []
        self.futures: list[Future[int]] = []
        self.settles = True

    def queue(self, message: Outgoing, origin: str) -> Future[int]:
        """Take a message; its id is its number."""
        future: Future[int] = Future()
        self.queued.append((origin, message))
        self.futures.append(future)
        if self.settles:
            future.set_result(len(self.futures))
        return future

    def message(self, message_id: int) -> Any:
        """Return a message of this id."""
        return {"id": message_id}

    def conversation(self, conversation_id: int) -> Any:
        """Return a conversation of this id."""
        return {"id": conversation_id}

    def history(self, conversation_id: int, limit: int) -> list[Any]:
        """Return as many messages as were asked for."""
        return [{"conversation_id": conversation_id}] * limit


def context(event: Event, surroundings: Surroundings | None = None, **settings: Any) -> Context:
    """Return the context of a first try."""
    return Context(
        handler="bot.note", event=event, attempt=1, state={},
        surroundings=surroundings or Surroundings(), **settings,
    )  # fmt: skip
