"""What one would write by hand: FastAPI and a SQLModel session, committed once per request.

The database comes from the variable BY_HAND_DATABASE_URL. A row is kept for each message with its
parsed body, and one for each ack; SQLite syncs each commit, like the receiver's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy
from fastapi import APIRouter, Depends, FastAPI, Request
from sqlalchemy.orm import registry
from sqlmodel import JSON, Column, Field, Session, SQLModel, create_engine, select

from benchmarks import payloads

LADDER = {None: 0, "delivered": 1, "reached": 2, "seen": 3, "played": 4}

router = APIRouter()


class Row(SQLModel, registry=registry()):
    """What is kept; apart from the receiver's tables, some of which have the same names."""


class Message(Row, table=True):
    """A message; the table is named like the receiver's, so that both are counted alike."""

    __tablename__ = "messages"

    id: int | None = Field(default=None, primary_key=True)
    whatsapp_id: str = Field(unique=True)
    msg_id: str | None = Field(default=None, unique=True)
    phone_id: str
    chat_id: str = Field(index=True)
    from_me: bool
    sender: str
    type: str
    text: str | None
    sent_at: datetime
    status: str | None = None
    payload: dict[str, Any] = Field(sa_column=Column(JSON))


class Ack(Row, table=True):
    """One step of a message."""

    __tablename__ = "acks"

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="messages.id", index=True)
    type: str
    at: datetime


def open_session(request: Request) -> Iterator[Session]:
    """Give each request a session of its own."""
    with Session(request.app.state.engine) as session:
        yield session


def app() -> FastAPI:
    """Make the application that is served."""
    made = FastAPI()
    made.include_router(router)
    made.state.engine = make_engine(os.environ["BY_HAND_DATABASE_URL"])
    return made


@router.post("/messages")
def keep_message(
    body: dict[str, Any], session: Annotated[Session, Depends(open_session)]
) -> dict[str, str]:
    """Keep a message, unless it is there."""
    whatsapp_id = body["message"]["id"]
    if session.exec(select(Message).where(Message.whatsapp_id == whatsapp_id)).first():
        return {"status": "duplicate"}
    session.add(_message(body))
    session.commit()
    return {"status": "stored"}


@router.post("/acks")
def keep_acks(
    body: dict[str, Any], session: Annotated[Session, Depends(open_session)]
) -> dict[str, str]:
    """Keep the acks about messages that are there, and move their status up."""
    for entry in body["data"]:
        found = select(Message).where(Message.msg_id == entry["msgId"])
        message = session.exec(found).first()
        if message is None or message.id is None:
            continue
        if LADDER[entry["ackType"]] > LADDER[message.status]:
            message.status = entry["ackType"]
            session.add(message)
        at = datetime.fromtimestamp(entry["time"], UTC)
        session.add(Ack(message_id=message.id, type=entry["ackType"], at=at))
    session.commit()
    return {"status": "stored"}


def make_engine(url: str) -> sqlalchemy.Engine:
    """Open the database, with tables made where they are missing."""
    sqlite = url.startswith("sqlite")
    engine = create_engine(
        url if sqlite else url.replace("postgresql:", "postgresql+psycopg:"),
        connect_args={"timeout": 60} if sqlite else {},
    )
    if sqlite:
        sqlalchemy.event.listen(engine, "connect", _sync_each_commit)
    Row.metadata.create_all(engine)
    return engine


def fill(url: str, messages: int, sent_at: datetime) -> None:
    """Put sent messages into the database ahead of their acks, in bulk."""
    engine = make_engine(url)
    with engine.begin() as connection:
        for first in range(0, messages, 10_000):
            numbers = range(first, min(first + 10_000, messages))
            rows = [_sent_row(number, sent_at) for number in numbers]
            connection.execute(sqlalchemy.insert(Message), rows)
    engine.dispose()


def _message(body: dict[str, Any]) -> Message:
    message = body["message"]
    return Message(
        whatsapp_id=message["id"],
        phone_id=str(body["phone_id"]),
        chat_id=body["conversation"],
        from_me=message["fromMe"],
        sender=body["user"]["name"],
        type=message["type"],
        text=message.get("text"),
        sent_at=datetime.fromtimestamp(body["timestamp"], UTC),
        payload=body,
    )


def _sent_row(number: int, sent_at: datetime) -> dict[str, Any]:
    whatsapp_id = payloads.whatsapp_id(number)
    return {
        "whatsapp_id": whatsapp_id,
        "msg_id": payloads.msg_id(number),
        "phone_id": "12345",
        "chat_id": whatsapp_id.split("_")[1],
        "from_me": True,
        "sender": "",
        "type": "text",
        "text": "Hello",
        "sent_at": sent_at,
        "payload": {},
    }


def _sync_each_commit(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
