"""An outbox: messages are queued, and sent to a scripted Maytapi on loopback."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from receiver import Router
from receiver.dispatch.sending import NAME
from receiver.inbox import Inbox
from receiver.maytapi import outgoing
from receiver.maytapi.client import Manners, MaytapiClient
from receiver.maytapi.connection import Timeouts
from receiver.store import queueing
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from tests.bodies import PHONE
from tests.dispatch.stage import Stage
from tests.scripted import Answer, Asked, Maytapi
from tests.store import recorded
from tests.waiting import until

CHAT = "15550100011@c.us"
FAST = 1000.0
IN_A_HURRY = Manners(
    tries=1,
    messages_per_second=None,
    timeouts=Timeouts(read=timedelta(seconds=2), total=timedelta(seconds=5)),
)


def accept(handler: BaseHTTPRequestHandler) -> Answer:
    """Take a message, under a name of its own with the time in it, as Maytapi makes them."""
    return accepted(str(uuid.uuid1()))


def accepted(msg_id: str) -> Answer:
    """Return the answer to a message that was taken."""
    return Answer({"success": True, "data": {"chatId": CHAT, "msgId": msg_id}})


class Outbox(Stage):
    """Sends in this process, as `receiver serve` does with an account."""

    def __init__(self, database: Database, maytapi: Maytapi) -> None:
        super().__init__(database)
        self.maytapi = maytapi

    def run_sender(self, *routers: Router, url: str = "", rate: float = FAST) -> None:
        """Begin to send, beside the handlers of these, in place of what was there before."""
        self.stop()
        base = url or self.maytapi.url

        def account() -> MaytapiClient:
            return MaytapiClient("product", "token", base_url=base, manners=IN_A_HURRY)

        handlers = [handler for router in routers for handler in router.handlers()]
        self.inbox = Inbox(self.database, handlers, account=account, messages_per_second=rate)
        self._runner.run(self.inbox.__aenter__())

    def queue(self, text: str, *, chat: str = CHAT, phone: str = PHONE, at: int = 0) -> int:
        """Queue a text; return the id of the message."""
        message = outgoing.write(phone_id=phone, to=chat, text=text)
        with open_writer(self.database) as connection, connection.begin():
            change = Change(connection, at=at or self.now(), appends=True)
            queued = queueing.queue(change, message, origin=None)
            change.finish()
        if self.inbox:
            self.inbox.watch.announce(self.last_seq)
        return queued.message_id

    def now(self) -> int:
        """Return the time, in milliseconds since 1970."""
        return uuid.uuid1().time // 10_000 - 12_219_292_800_000

    def asked(self) -> list[Asked]:
        """Return the calls of sendMessage, in their order."""
        return [one for one in self.maytapi.asked if one.path.endswith("/sendMessage")]

    def texts(self) -> list[str]:
        """Return what was given to Maytapi to be sent, in its order."""
        return [one.json["message"] for one in self.asked()]

    def never_twice(self) -> None:
        """Check that no message was sent twice; the tests give each a text of its own."""
        twice = [text for text, count in Counter(self.texts()).items() if count > 1]
        assert twice == [], f"sent more than once: {twice}"

    def message(self, message_id: int) -> dict[str, Any]:
        """Return a message as REST shows it."""
        return recorded.message(self.database, message_id)

    def becomes(self, message_id: int, status: str) -> dict[str, Any]:
        """Wait until a message has come so far; return it."""
        until(lambda: self.message(message_id)["status"] == status)
        return self.message(message_id)

    def rests(self) -> None:
        """Wait until there is nothing to send that could be."""
        self.settled(NAME)
