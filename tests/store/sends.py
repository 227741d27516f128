"""Queue messages and move them through the ledger of calls, as the sender does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from receiver.maytapi import outgoing
from receiver.store import queueing, sending
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.sending import Begun
from tests.bodies import CHAT, PHONE
from tests.store.recorded import NOW

Result = TypeVar("Result")

MINUTE = 60_000


def change(database: Database, job: Callable[[Change], Result], *, at: int = NOW) -> Result:
    """Do something in a transaction of its own."""
    with open_writer(database) as connection, connection.begin():
        change = Change(connection, at=at, appends=True)
        result = job(change)
        change.finish()
    return result


def queued(
    database: Database, text: str = "hello", *, chat: str = CHAT, phone: str = PHONE, at: int = NOW
) -> int:
    """Queue a text; return the id of the message."""
    message = outgoing.write(phone_id=phone, to=chat, text=text)
    return change(
        database, lambda change: queueing.queue(change, message, origin=None).message_id, at=at
    )


def begun(database: Database, message_id: int, *, at: int = NOW) -> Begun:
    """Begin the call of a message, which must be possible."""
    call = change(database, lambda change: sending.begin(change, message_id), at=at)
    assert call is not None
    return call


def called(database: Database, text: str = "hello", *, at: int = NOW, chat: str = CHAT) -> Begun:
    """Queue a text and begin its call."""
    return begun(database, queued(database, text, at=at, chat=chat), at=at)


def unknown(database: Database, text: str = "hello", *, at: int = NOW, chat: str = CHAT) -> int:
    """Queue a text whose call gets no answer; return the id of the message."""
    call = called(database, text, at=at, chat=chat)
    change(database, lambda change: sending.doubt(change, call.message_id), at=at)
    return call.message_id


def accepted(database: Database, call: Begun, msg_id: str, *, at: int = NOW) -> bool:
    """Record the answer to a call."""
    return change(database, lambda change: sending.accept(change, call, msg_id), at=at)


def name_made(after: timedelta, *, at: int = NOW, number: int = 1) -> str:
    """Return a name as sendMessage makes them up, some time after a moment."""
    ticks = (at + after // timedelta(milliseconds=1) + 12_219_292_800_000) * 10_000
    fields = (ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF, 0x80, 1, number)
    return str(UUID(fields=fields, version=1))
