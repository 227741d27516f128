"""What a handler can do beside its event: answer, look around, remember."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from receiver.errors import Unsendable
from receiver.events import AboutMessage, Event
from receiver.maytapi import outgoing
from receiver.maytapi.outgoing import Outgoing


class Sent:
    """A message that is being queued; it will be, whether it is waited for or not."""

    def __init__(self, future: Future[int]) -> None:
        self._future = future

    def __await__(self) -> Generator[Any, None, int]:
        """Wait until it is stored; return its id."""
        # Whoever stops waiting, at a timeout of his own, takes nothing back.
        return asyncio.shield(asyncio.wrap_future(self._future)).__await__()

    def wait(self) -> int:
        """Do the same in a handler that is a plain `def`, which runs in a thread."""
        return self._future.result()


class Surroundings(Protocol):
    """What a context needs of the store."""

    def queue(self, message: Outgoing, origin: str) -> Future[int]:
        """Queue a message once for its origin; the future has its id."""

    def message(self, message_id: int) -> dict[str, Any] | None:
        """Return a message as REST shows it, or None."""

    def conversation(self, conversation_id: int) -> dict[str, Any] | None:
        """Return a conversation as REST shows it, or None."""

    def history(self, conversation_id: int, limit: int) -> list[dict[str, Any]]:
        """Return the last messages of a conversation, the oldest first."""


class Context:
    """One call of a handler; what it reads from the store is read when it is asked for."""

    def __init__(
        self,
        *,
        handler: str,
        event: Event,
        attempt: int,
        state: dict[str, Any],
        surroundings: Surroundings,
        default_phone: str | None = None,
    ) -> None:
        self.event = event
        self.attempt = attempt
        """1 for the first try."""
        self.state = state
        """What this handler keeps of the conversation, a JSON object: change it as you like. It is
        saved when the handler succeeds, and left as it was when it fails."""
        self.logger = logging.getLogger(f"receiver.handlers.{handler}")
        self._handler = handler
        self._surroundings = surroundings
        self._default_phone = default_phone
        self._sent: list[Sent] = []

    def reply(
        self,
        text: str | None = None,
        *,
        type: str = "text",
        maytapi: Mapping[str, Any] | None = None,
    ) -> Sent:
        """Answer in the conversation of the event, from the same phone.

        It is sent once for the event, however often the handler runs. `maytapi` are further fields
        of sendMessage under Maytapi's own names.

        Raises:
            Unsendable: the event is of no conversation, or there is nothing to say.
        """
        chat_id = getattr(self.event, "chat_id", None)
        if not chat_id:
            raise Unsendable("there is nobody to reply to: the event is of no conversation")
        return self._send(self.event.phone_id, chat_id, text, type, maytapi)

    def send(
        self,
        to: str,
        text: str | None = None,
        *,
        type: str = "text",
        phone_id: str | None = None,
        maytapi: Mapping[str, Any] | None = None,
    ) -> Sent:
        """Send to a number or a chat, from the event's phone if none is named; once, as `reply`.

        Raises:
            Unsendable: it is no number or chat id, or there is nothing to say.
        """
        return self._send(phone_id or self.event.phone_id, to, text, type, maytapi)

    @property
    def message(self) -> dict[str, Any] | None:
        """The message that the event is about, as REST shows it; None where it is about none."""
        if isinstance(self.event, AboutMessage):
            return self._surroundings.message(self.event.message_id)
        return None

    @property
    def conversation(self) -> dict[str, Any] | None:
        """The conversation of the event, as REST shows it; None where it is of none."""
        if self.event.conversation_id is None:
            return None
        return self._surroundings.conversation(self.event.conversation_id)

    def history(self, limit: int = 20) -> list[dict[str, Any]]:
        """Return the last messages of the conversation as REST shows them, the oldest first."""
        if self.event.conversation_id is None:
            return []
        return self._surroundings.history(self.event.conversation_id, limit)

    async def sent(self) -> None:
        """Wait until all that was sent is stored; the runner does, when the handler returns."""
        for message in self._sent:
            await message

    def _send(
        self,
        phone_id: str | None,
        to: str,
        text: str | None,
        type: str,
        maytapi: Mapping[str, Any] | None,
    ) -> Sent:
        phone = phone_id or self._default_phone
        if not phone:
            raise Unsendable("no phone is named: give phone_id, or set RECEIVER_MAYTAPI_PHONE_ID")
        message = outgoing.write(phone_id=phone, to=to, type=type, text=text, fields=maytapi)
        origin = f"handler {self._handler} {self.event.id} {len(self._sent) + 1}"
        sent = Sent(self._surroundings.queue(message, origin))
        self._sent.append(sent)
        return sent
