"""Statements straight to the driver: any text, any number of rows, nothing lost between."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from receiver.store.database import Database, open_writer
from receiver.store.rows import Transaction, listed
from receiver.store.tables import MessageRow
from tests import bodies
from tests.bodies import SENT, ack, acks, message
from tests.store import recorded

AWKWARD = (
    "100 %s %% %(name)s {mark} {each} {{}} ?",
    "'; DROP TABLE messages; --",
    "quotes \" and ' and `",
    "back\\slash \\x41 \\u0041 \\n",
    "$1 :name @p1 #",
    '{"json": [1, null, true]}',
    "[1,2]",
    "NULL",
    "null",
    "line\nfeed\r\ttab\x01\x7f",
    "\U0001f469\u200d\U0001f467 \u202eright to left\u202c \u200b\ufeff\uffff\U0010ffff",
    "E\u0301 \u00e9 \u00df \u017f \u0130 \u0131",
    " spaces ",
)


class _Status(NamedTuple):
    status: str
    id: int


def test_awkward_words_come_back_as_they_were_told(database: Database) -> None:
    recorded.batch(
        database,
        *(
            message(f"3EB0{n}", text=text, name=text, at=SENT + n, user={"name": text})
            for n, text in enumerate(AWKWARD)
        ),
    )
    shown = recorded.messages(database)
    assert [one["text"] for one in shown] == list(AWKWARD)
    assert [one["payload"]["text"] for one in shown] == list(AWKWARD)
    assert [one["sender"]["name"] for one in shown] == list(AWKWARD)


def test_awkward_names_find_what_they_name(database: Database) -> None:
    names = [text.strip() for text in AWKWARD]
    told = acks(*(ack("seen", msg_id=f"{name}!", chat=name, at=SENT) for name in names))
    recorded.each(database, told, acks(*(ack("played", msg_id=f"{n}!", chat=n) for n in names)))
    for name in names:
        shown = recorded.message(database, f"{name}!")
        assert (shown["chat_id"], shown["status"], len(shown["acks"])) == (name, "played", 2)
    assert len(recorded.messages(database)) == len(names)


def test_awkward_reactions_and_errors_are_kept(database: Database) -> None:
    names = [text.strip() for text in AWKWARD]
    reacted = bodies.whatsapp_id("3EB0A1")
    recorded.batch(
        database,
        acks(*(bodies.reaction(reacted, name, by=name) for name in names)),
        *(bodies.failure(f"f{n}", message=text) for n, text in enumerate(AWKWARD)),
    )
    reactions = recorded.message(database, reacted)["reactions"]
    assert sorted(one["reactor_id"] for one in reactions) == sorted(names)
    assert sorted(one["emoji"] for one in reactions) == sorted(names)
    errors = [recorded.message(database, f"f{n}")["error"] for n in range(len(AWKWARD))]
    assert [error["message"] for error in errors] == list(AWKWARD)


def test_batches_of_every_length_are_stored_whole(database: Database) -> None:
    with open_writer(database) as connection:
        for length in (1, 2, 3, 31, 63, 64, 65, 127, 128, 129, 250):
            told = [message(f"3EB0{length}x{n}", at=SENT + n) for n in range(length)]
            receipts = recorded.commit(connection, told)
            assert {receipt.status for receipt in receipts} == {"stored"}, length
            assert {receipt.events for receipt in receipts} == {1}, length
            kept = recorded.rows(
                database,
                "SELECT count(*) AS n FROM messages WHERE whatsapp_id LIKE :like",
                like=f"%3EB0{length}x%",
            )
            assert kept == [{"n": length}]


def test_old_and_new_of_one_batch_are_told_apart(database: Database) -> None:
    told = [message(f"3EB0{n}", at=SENT + n) for n in range(100)]
    recorded.batch(database, *told[::3])
    receipts = recorded.batch(database, *told)
    statuses = ["stored" if n % 3 else "duplicate" for n in range(100)]
    assert [receipt.status for receipt in receipts] == statuses
    kept = [recorded.kept_body(database, receipt.notification_id) for receipt in receipts]
    assert kept == told


def test_nothing_is_among_an_empty_list(database: Database) -> None:
    recorded.batch(database, message())
    with open_writer(database) as connection:
        transaction = Transaction(connection)
        for place in (
            "id {among_numbers}",
            "phone_id {among_texts}",
            "0 IN (SELECT 0 FROM {each})",
        ):
            question = f"SELECT id FROM messages WHERE {place}"
            assert list(transaction.fetch(question, listed([]))) == []


def test_each_row_is_updated_with_its_own_values(database: Database) -> None:
    recorded.batch(database, *(message(f"3EB0{n}", at=SENT + n) for n in range(200)))
    told = [_Status(f"status {n}", n + 1) for n in range(199)]
    with open_writer(database) as connection, connection.begin():
        Transaction(connection).update(MessageRow, told)
    kept = recorded.rows(database, "SELECT status, id FROM messages ORDER BY id")
    assert [tuple(one.values()) for one in kept] == [*told, (None, 200)]


@pytest.mark.parametrize("count", [33_000, pytest.param(70_000, marks=pytest.mark.slow)])
def test_an_array_may_name_more_messages_than_a_statement_has_parameters(
    database: Database, count: int
) -> None:
    """The limits are 32,766 on SQLite and 65,535 on PostgreSQL."""
    entries = [
        ack("seen", msg_id=_uuid(n), rxid=f"true_{bodies.CHAT}_{n:X}", at=SENT)
        for n in range(count)
    ]
    [receipt] = recorded.batch(database, acks(*entries))
    assert (receipt.status, receipt.events) == ("stored", count)
    assert recorded.count(database, "messages") == recorded.count(database, "acks") == count


def test_times_up_to_the_year_9999_are_kept(database: Database) -> None:
    last = 253_402_300_799
    recorded.batch(
        database,
        message("3EB0A1", at=last),
        acks(ack("seen", msg_id=bodies.UUID, at=last)),
        at=last * 1000 + 999,
    )
    shown = recorded.messages(database)[0]
    assert shown["sent_at"] == "9999-12-31T23:59:59Z"
    assert shown["received_at"] == "9999-12-31T23:59:59.999Z"
    assert recorded.message(database, bodies.UUID)["acks"][0]["at"] == shown["sent_at"]


def _uuid(number: int) -> str:
    return f"a{number:07}-0001-11ee-8001-000000000001"
