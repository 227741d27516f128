"""Promise P3 put to the test: stories are recorded, and what is shown is held to the model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from hypothesis import Phase, given, note, seed, settings
from sqlalchemy.engine import Connection

from receiver.store.database import Database, open_writer
from tests.store import model, recorded
from tests.store.stories import Told, Version, stories

REFERENCES = (
    ("messages", "conversation_id", "conversations", "id"),
    ("messages", "notification_id", "notifications", "id"),
    ("conversations", "last_message_id", "messages", "id"),
    ("acks", "message_id", "messages", "id"),
    ("reactions", "message_id", "messages", "id"),
    ("poll_tallies", "message_id", "messages", "id"),
    ("merged_messages", "message_id", "messages", "id"),
    ("events", "conversation_id", "conversations", "id"),
    ("events", "notification_id", "notifications", "id"),
)
"""There are no foreign keys, so it is looked here whether both ends exist."""
DANGLING = " UNION ALL ".join(
    f"SELECT '{table}', {column} FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {other})"
    for table, column, other, key in REFERENCES
)


def explore(database: Database, *, examples: int, first: int | None = None) -> None:
    """Try stories drawn by Hypothesis; those that follow from `first` are the same each time.

    Raises:
        AssertionError: a story ends otherwise; it is the smallest found, unless `first` is given.
    """

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink) if first is None else (Phase.generate,),
    )
    @given(stories())
    def any_order_ends_alike(batches: list[list[Told]]) -> None:
        note("\n".join(f"{batch}" for batch in batches))
        _check(database, connection, batches)

    if first is not None:
        any_order_ends_alike = seed(first)(any_order_ends_alike)
    with _open(database) as connection:
        any_order_ends_alike()


def exhaust(database: Database, *told: Told) -> None:
    """Try a few notifications in every order, one by one, in one batch, and in two.

    Raises:
        AssertionError: a story ends otherwise.
    """
    with _open(database) as connection:
        for order in permutations(told):
            middle = len(told) // 2
            _check(database, connection, [order[:middle], order[middle:]])
            if database.file:
                _check(database, connection, [order])
                _check(database, connection, [[one] for one in order])


def drop_constraint(database: Database, table: str, name: str) -> None:
    """Empty a database and take away a constraint that the store relies on."""
    with open_writer(database) as connection:
        recorded.forget_everything(connection)
        with connection.begin():
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table(table) as batch:
                batch.drop_constraint(name, type_="unique")


def _check(database: Database, connection: Connection, batches: Sequence[Sequence[Told]]) -> None:
    """Record a story in an empty database, and compare what is shown with what is expected."""
    recorded.forget_everything(connection)
    _record(database, connection, batches)
    _compare(database, {one for batch in batches for one in batch})


def _open(database: Database) -> Connection:
    connection = open_writer(database)
    if database.file:
        # It is order that is tried here, and a sync would be most of the time.
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA synchronous=OFF")
    return connection


def _record(database: Database, connection: Connection, batches: Iterable[Sequence[Told]]) -> None:
    """Record batches; repeats are told so, and no status goes back on the way."""
    first_ids: dict[bytes, int] = {}
    shown: dict[int, dict[str, Any]] = {}
    for batch in batches:
        sent = [one.body() for one in batch]
        for body, receipt in zip(sent, recorded.commit(connection, sent), strict=True):
            status = "duplicate" if body in first_ids else "stored"
            first = first_ids.setdefault(body, receipt.notification_id)
            assert (receipt.status, receipt.notification_id) == (status, first)
        now = {message["id"]: message for message in recorded.messages(database)}
        for message_id, before in shown.items():
            if message_id not in now:
                now[message_id] = recorded.message(database, message_id)
            one = now[message_id]
            # What a bare key was told of is taken for ours, until it turns out to be another's.
            if one["direction"] == "outgoing":
                assert model.rung(one["status"]) >= model.rung(before["status"]), (
                    "a status went back"
                )
        shown = now
    assert recorded.count(database, "notifications") == len(first_ids)


def _compare(database: Database, told: set[Told]) -> None:
    expected = model.messages(told)
    shown = recorded.messages(database)
    assert _sorted(model.comparable(message) for message in shown) == _sorted(expected)
    assert _shown_summaries(database) == model.summaries(told)
    _compare_journal(database, told, shown)
    assert recorded.rows(database, DANGLING) == []


def _shown_summaries(database: Database) -> dict[tuple[str, str], model.Summary]:
    found = recorded.rows(
        database,
        "SELECT conversations.*, messages.whatsapp_id FROM conversations "
        "JOIN messages ON messages.id = last_message_id",
    )
    return {
        (row["phone_id"], row["chat_id"]): (
            row["whatsapp_id"],
            row["last_activity_at"],
            row["unread"],
            row["name"],
        )
        for row in found
    }


def _compare_journal(database: Database, told: set[Told], shown: list[dict[str, Any]]) -> None:
    events = recorded.events(database)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    by_id = {message["id"]: message for message in shown}
    counts: Counter[tuple[str, str | None, str]] = Counter()
    first_copies: Counter[str] = Counter()
    for event in events:
        message = by_id.get(event["message_id"]) or recorded.message(database, event["message_id"])
        counts[message["phone_id"], message["whatsapp_id"], event["type"]] += 1
        if event["type"] in ("message.received", "message.sent"):
            first_copies[message["whatsapp_id"]] += event["data"]["first_copy"]
    versions = Counter(one.subject for one in told if isinstance(one, Version))
    for subject, number in versions.items():
        copy = subject.phone, subject.own_id
        kind = "message.sent" if subject.from_me else "message.received"
        assert counts[*copy, kind] == 1, "a message arrives once"
        assert counts[*copy, "message.revised"] == number - 1, "a revision arrives once"
        assert first_copies[subject.own_id] == 1, "one copy is the first"
    for message in shown:
        acks = counts[message["phone_id"], message["whatsapp_id"], "message.ack"]
        assert acks >= len(message["acks"]), "no ack without its event"


def _sorted(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(messages, key=lambda message: json.dumps(message, sort_keys=True))
