"""A database in which a person has left traces of every kind, beside others who have not."""

from __future__ import annotations

import json
import zlib
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import SQLModel

from receiver.maytapi import outgoing
from receiver.store import handler_states, queueing
from receiver.store.database import WRITER, Database
from receiver.store.retries import State
from receiver.store.rows import Transaction
from receiver.store.searching import CONVERSATIONS, MESSAGES
from receiver.testing import media, poll, reaction, sent
from receiver.testing import message as told
from tests import payloads
from tests.bodies import GROUP, PHONE, failure, live, message
from tests.store import owing, recorded, sends

NUMBER = "15550100077"
CHAT = f"{NUMBER}@c.us"
OTHER = "15550100088"
SECRET = "xylophone"
"""What the person says."""
KEY = "3EB0A1B2C3D4E5F6A7B877"
THEIRS = f"false_{GROUP}_{KEY}_{CHAT}"
"""A message of the person in a group."""
ASKED = f"false_{GROUP}_3EB0A1B2C3D4E5F6A7B8AA_{OTHER}@c.us"
"""A message of another, in the same group."""


def bodies() -> list[bytes]:
    """Return what was posted of them, and of others."""
    entries = [{"ackType": "seen", "ackCode": 3, "chatId": CHAT, "msgId": f"true_{CHAT}_3EB0{n}"}
               for n in range(100)]  # fmt: skip
    quoting = told("me too", number=OTHER, group=GROUP) | {
        "quoted": {"id": KEY, "type": "text", "text": SECRET}
    }
    card = f"BEGIN:VCARD\nFN:{SECRET}\nTEL:+{NUMBER}\nEND:VCARD"
    found = [
        told(SECRET, number=NUMBER, name="Ada Secret"),
        told(f"{SECRET} again", number=NUMBER, phone="12346"),
        media(number=NUMBER, caption=SECRET, filename=f"{SECRET}.jpeg"),
        sent("good day", number=NUMBER),
        told(SECRET, number=OTHER, group=GROUP, id=THEIRS) | _by(NUMBER),
        told(SECRET, number=OTHER, group=GROUP, phone="12346",
             id=f"false_{GROUP}_{KEY}_100000000000077@lid"),
        told("who?", number=OTHER, group=GROUP, id=ASKED),
        told(f"ask +1 555 010 0077, @{NUMBER}", number=OTHER, group=GROUP),
        told("", number=OTHER, type="vcard", fields={"vcardList": [{"vcard": card}]}),
        told("pick", type="poll", number=OTHER, group=GROUP,
             fields={"options": [{"name": "yes", "voters": [CHAT, f"{OTHER}@c.us"]}]}),
        quoting,
        reaction("🎻", to=ASKED, number=NUMBER),
        reaction("👍", to=ASKED, number="15550100099"),
        reaction("👍", to=THEIRS, number=OTHER),
        poll({"yes": 1, f"only {NUMBER}": 2}, of=ASKED),
        told("hello", number=OTHER, name="Bob"),
        told("bye", number="15550100066", name="Eve"),
        told("in another group", number=OTHER, group="120363000000000002@g.us")
        | {"conversation_name": f"friends of {NUMBER}"},
        {"type": "ack", "phone_id": PHONE, "data": entries},
    ]  # fmt: skip
    others = [name for name in payloads.NAMES if "15550100077" not in payloads.body(name).decode()]
    return [
        *map(payloads.dump, found),
        failure(chat=CHAT, message=f"{NUMBER} is not on WhatsApp"),
        live("taken_by_agent", chat=CHAT),
        f'{{"type": "strange {SECRET}", "text": "{NUMBER}"}}'.encode(),
        b"{" + NUMBER.encode(),
        *map(payloads.body, others),
    ]


def leave(database: Database) -> None:
    """Record all of it, and what handlers and the sender make of it."""
    recorded.each(database, *bodies())
    recorded.each(
        database, message(text=SECRET * 20, serialized=THEIRS, chat=GROUP, at=1_790_000_000)
    )
    sends.called(database, SECRET, chat=CHAT)
    sends.called(database, f"call {NUMBER}", chat=f"{OTHER}@c.us")
    quote = outgoing.write(phone_id=PHONE, to=GROUP, text="indeed", fields={"reply_to": THEIRS})
    id = sends.change(
        database, lambda change: queueing.queue(change, quote, origin=None)
    ).message_id
    sends.begun(database, id)
    owing.come(database, 1)
    owing.owe(database, (1, State.DEAD), (8, State.WAITING))
    with database.engine.connect().execution_options(**WRITER) as connection, connection.begin():
        transaction = Transaction(connection)
        keep = partial(handler_states.save, transaction, owing.HANDLER)
        keep(chat_id(database, CHAT), json.dumps({"asked": SECRET}))
        keep(chat_id(database, f"{OTHER}@c.us"), json.dumps({"friend": CHAT, "n": 1}))
        transaction.execute("UPDATE retries SET error = {mark} WHERE seq = 8", f"no {NUMBER}")
    recorded.index(database)


def chat_id(database: Database, chat: str) -> int:
    """Return the conversation of a chat."""
    return int(recorded.conversation(database, chat, PHONE)["id"])


def everything(database: Database) -> dict[str, str]:
    """Return all that the tables hold, as text."""
    held = {}
    for table in SQLModel.metadata.sorted_tables:
        with database.engine.connect() as connection:
            found = connection.execute(table.select()).mappings().all()
        held[table.name] = "\n".join(str({**row, **_unpacked(row)}) for row in found)
    for words in (MESSAGES, CONVERSATIONS):
        found = recorded.rows(database, f"SELECT rowid, CAST(words AS text) FROM {words}")
        held[words] = "\n".join(map(str, found))
    return held


def holding(database: Database, *needles: str) -> list[str]:
    """Return the tables in which any of these is found."""
    held = everything(database)
    return [name for name, content in held.items() if any(one in content for one in needles)]


def in_files(folder: Path, *needles: bytes) -> list[str]:
    """Return the files in which any of these bytes is found."""
    return [
        file.name
        for file in sorted(folder.glob("*.db*"))
        if any(one in file.read_bytes() for one in needles)
    ]


def packed(database: Database) -> bytes:
    """Return a part of a compressed body that names the person."""
    [row] = recorded.rows(database, "SELECT body FROM notifications WHERE encoding = 'zlib'")
    assert NUMBER.encode() in zlib.decompress(row["body"])
    return bytes(row["body"])[20:60]


def others(database: Database) -> list[dict[str, Any]]:
    """Return the conversations of others as the API shows them, each with its messages."""
    messages = recorded.messages(database)
    sql = text("SELECT * FROM conversations WHERE chat_id <> :chat ORDER BY id")
    with database.engine.connect() as connection:
        found = connection.execute(sql, {"chat": CHAT}).mappings().all()
    return [
        {**row, "messages": [one for one in messages if one["conversation_id"] == row["id"]]}
        for row in found
    ]


def _by(number: str) -> dict[str, Any]:
    return {"user": {"id": f"{number}@c.us", "name": "Ada Secret", "phone": number}}


def _unpacked(row: Any) -> dict[str, Any]:
    if "encoding" not in row:
        return {}
    body = bytes(row["body"])
    return {"body": zlib.decompress(body) if row["encoding"] == "zlib" else body}
