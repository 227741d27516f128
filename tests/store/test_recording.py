"""From bodies to rows and events, each once, and every byte kept."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from receiver.maytapi import acks
from receiver.store import recording
from receiver.store.database import Database, open_writer
from receiver.store.recording import Receipt
from tests import bodies, payloads
from tests.store import disorder, recorded

SAMPLES = [payloads.body(name) for name in payloads.NAMES]
TABLES = (
    "notifications",
    "conversations",
    "messages",
    "acks",
    "reactions",
    "poll_tallies",
    "merged_messages",
    "phones",
    "events",
)
"""All that a repeat may not add to; how often a state was told is noted in `states`."""

SURROGATE = b"A LONE SURROGATE"
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63 - 1,
    2**63,
    2**70,
    1e308,
    0.5,
    "",
    "\0",
    SURROGATE.decode(),
    "\U0001f600" * 255,
    "x" * 10_000,
    [],
    {},
    [[1]],
    {"\0": {"a": None}},
]
"""What no field expects, and databases differ about."""

UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{]",
    "a number": b"17",
    "NUL bytes": b"\x00\x00",
    "an open string": b'{"type":"message","message":{"text":"',
    "bytes of no UTF-8": b"\xff\xfe\x00\xd8",
    "an unknown type": b'{"type":"tomorrow"}',
    "no type": b"{}",
    "no chat": b'{"type":"message","message":{"id":"3EB0"}}',
    "an id that is too long": bodies.message("A" * 300),
    "an ack of no message": bodies.acks({"ackType": "seen"}),
    "infinity": b'{"type":"status","phone_id":1,"status":Infinity}',
}


def test_each_sample_is_stored_with_its_events(database: Database) -> None:
    for name, body in zip(payloads.NAMES, SAMPLES, strict=True):
        before = recorded.count(database, "events")
        [receipt] = recorded.batch(database, body)
        assert receipt.status == "stored", name
        assert receipt.events == recorded.count(database, "events") - before > 0, name
        assert recorded.kept_body(database, receipt.notification_id) == body, name


def test_a_sample_that_is_repeated_is_the_first_one(database: Database) -> None:
    first = recorded.each(database, *SAMPLES)
    before = _counts(database)

    again = recorded.each(database, *SAMPLES) + recorded.batch(database, *SAMPLES[::-1])[::-1]

    assert again == 2 * [_duplicate_of(receipt) for receipt in first]
    assert _counts(database) == before


def test_a_repeat_in_the_same_batch_is_the_first_one(database: Database) -> None:
    receipts = recorded.batch(database, *SAMPLES, *SAMPLES)

    first = receipts[: len(SAMPLES)]
    assert {receipt.status for receipt in first} == {"stored"}
    assert receipts[len(SAMPLES) :] == [_duplicate_of(receipt) for receipt in first]
    assert recorded.count(database, "notifications") == len(SAMPLES)
    assert recorded.count(database, "events") == sum(receipt.events for receipt in first)


def test_a_batch_tells_what_its_bodies_tell_one_by_one(database: Database) -> None:
    with open_writer(database) as connection:
        for body in SAMPLES:
            recorded.commit(connection, [body])
        one_by_one = _told(database)
        recorded.forget_everything(connection)
        recorded.commit(connection, SAMPLES)
        assert _told(database) == one_by_one


def test_receipts_come_in_the_order_of_the_bodies(database: Database) -> None:
    texts = [bodies.message(f"3EB0{n:04}", text=f"{n}", at=bodies.SENT - n) for n in range(50)]
    receipts = recorded.batch(database, *texts)
    assert [recorded.kept_body(database, r.notification_id) for r in receipts] == texts
    ids = [receipt.notification_id for receipt in receipts]
    assert ids == sorted(ids)


def test_a_batch_of_nothing_changes_nothing(database: Database) -> None:
    assert recorded.batch(database) == []
    assert set(_counts(database).values()) == {0}


def test_nothing_is_there_when_the_caller_rolls_back(database: Database) -> None:
    with open_writer(database) as connection:
        transaction = connection.begin()
        recording.record(connection, SAMPLES, received_at=recorded.NOW)
        transaction.rollback()
    assert set(_counts(database).values()) == {0}
    assert [r.status for r in recorded.batch(database, *SAMPLES)] == ["stored"] * len(SAMPLES)


@pytest.mark.parametrize("size", [4095, 4096])
def test_a_large_body_is_compressed_and_comes_back_byte_for_byte(
    database: Database, size: int
) -> None:
    empty = bodies.message(text="")
    body = bodies.message(text="é" * ((size - len(empty)) // 2) + "x" * ((size - len(empty)) % 2))
    assert len(body) == size

    [receipt] = recorded.batch(database, body)

    [row] = recorded.rows(database, "SELECT encoding, length(body) AS size FROM notifications")
    assert row["encoding"] == ("zlib" if size == 4096 else "identity")
    assert row["size"] == size if size < 4096 else row["size"] < size
    assert recorded.kept_body(database, receipt.notification_id) == body


def test_whatever_the_bytes_they_are_kept(database: Database) -> None:
    noise = random.Random(17)
    junk = [noise.randbytes(noise.choice((1, 100, 5000))) for _ in range(30)]
    damaged = [_damaged(noise, noise.choice(SAMPLES)) for _ in range(100)]

    sent = [*junk, *damaged]
    receipts = recorded.batch(database, *sent)

    assert [recorded.kept_body(database, r.notification_id) for r in receipts] == sent
    assert {receipt.status for receipt in receipts[: len(junk)]} == {"quarantined"}


def test_no_value_in_any_field_is_refused_by_the_database(database: Database) -> None:
    """Every field of every sample in turn becomes each of the odd values; all can be read again."""
    sent = [
        payloads.dump(changed).replace(SURROGATE, b"\\ud83d")
        for name in payloads.NAMES
        for changed in _changed(payloads.load(name))
    ]
    assert len(sent) > 5000
    with open_writer(database) as connection:
        for start in range(0, len(sent), 250):
            batch = sent[start : start + 250]
            for body, receipt in zip(batch, recorded.commit(connection, batch), strict=True):
                assert receipt.status in ("stored", "quarantined", "duplicate"), body
    assert recorded.count(database, "notifications") == len(set(sent))
    assert recorded.messages(database)
    assert recorded.events(database)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_quarantined(database: Database, kind: str) -> None:
    body = UNREADABLE[kind]
    [receipt] = recorded.batch(database, body)

    assert receipt == Receipt(status="quarantined", notification_id=1, events=1)
    [row] = recorded.rows(database, "SELECT status, reason FROM notifications")
    assert row["status"] == "quarantined"
    [event] = recorded.events(database)
    assert event["type"] == "notification.quarantined"
    assert "; ".join(event["data"]["problems"]) == row["reason"] != ""
    assert recorded.kept_body(database, 1) == body
    assert recorded.messages(database) == []

    assert recorded.batch(database, body) == [_duplicate_of(receipt)]


def test_one_bad_entry_costs_its_neighbours_nothing(database: Database) -> None:
    body = bodies.acks(
        bodies.ack("delivered", msg_id=bodies.UUID, at=bodies.SENT),
        {"ackType": "seen"},
        bodies.ack("reached", msg_id=bodies.UUID, at=bodies.SENT),
    )
    [receipt] = recorded.batch(database, body)

    assert (receipt.status, receipt.events) == ("quarantined", 3)
    assert recorded.message(database, bodies.UUID)["status"] == "reached"
    [row] = recorded.rows(database, "SELECT reason FROM notifications")
    assert "[1]" in row["reason"]
    assert [event["type"] for event in recorded.events(database)] == [
        "message.ack",
        "message.ack",
        "notification.quarantined",
    ]


@pytest.mark.parametrize(
    ("told", "kept"),
    [(b"a\\ud83d b", "a\ufffd b"), (b"a\\u0000b", "a\ufffdb"), (b"a\xffb", "a\ufffdb")],
    ids=["a lone surrogate", "NUL", "no UTF-8"],
)
def test_a_text_that_had_to_be_repaired_is_shown_and_noted(
    database: Database, told: bytes, kept: str
) -> None:
    body = bodies.message(text="TEXT").replace(b"TEXT", told)
    [receipt] = recorded.batch(database, body)

    assert (receipt.status, receipt.events) == ("quarantined", 2)
    [message] = recorded.messages(database)
    assert message["text"] == message["payload"]["text"] == kept
    assert recorded.kept_body(database, receipt.notification_id) == body


def test_a_long_list_of_problems_is_cut(database: Database) -> None:
    odd = {f"ackType{n}": n for n in range(5)}
    entries = [odd | {"msgId": ["x"], "chatId": "y" * 200} for _ in range(10_000)]
    recorded.batch(database, bodies.acks(*entries))

    [row] = recorded.rows(database, "SELECT reason FROM notifications")
    assert 0 < len(row["reason"]) <= recording.MAX_REASON_CHARACTERS


def test_everything_is_received_when_the_caller_says(database: Database) -> None:
    recorded.batch(database, *SAMPLES, at=1_234_567_890_123)
    for table in ("notifications", "messages", "acks", "reactions"):
        [row] = recorded.rows(
            database, f"SELECT min(received_at) AS first, max(received_at) AS last FROM {table}"
        )
        assert row["first"] == row["last"] == 1_234_567_890_123
    assert {event["at"] for event in recorded.events(database)} == {1_234_567_890_123}


def test_rows_name_the_notification_that_brought_them(database: Database) -> None:
    said = bodies.message(serialized="true_15550100011@c.us_3EB0A1", from_me=True)
    ticked = bodies.acks(bodies.ack("seen", rxid="true_15550100011@c.us_3EB0A1", at=bodies.SENT))
    first, second = recorded.batch(database, said, ticked)

    assert [event["notification_id"] for event in recorded.events(database)] == [
        first.notification_id,
        second.notification_id,
    ]
    for table, receipt in (("messages", first), ("acks", second)):
        [row] = recorded.rows(database, f"SELECT notification_id FROM {table}")
        assert row["notification_id"] == receipt.notification_id


def test_repeats_and_disorder_change_nothing(database: Database) -> None:
    disorder.explore(database, examples=200 if database.file else 20)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_repeats_and_disorder_change_nothing_for_long(database: Database) -> None:
    disorder.explore(database, examples=3_000 if database.file else 1_000)


def test_the_stories_of_the_controls_below_end_well(database: Database) -> None:
    disorder.explore(database, examples=25, first=1)


@pytest.mark.parametrize(
    ("table", "constraint"),
    [
        ("notifications", "uq_notifications_occasion_fingerprint"),
        ("messages", "uq_messages_canonical_key_copy_key"),
    ],
)
def test_repeats_would_show_without_the_constraint(
    database: Database, table: str, constraint: str
) -> None:
    disorder.drop_constraint(database, table, constraint)
    with pytest.raises(AssertionError):
        disorder.explore(database, examples=25, first=1)


def test_disorder_would_show_if_the_latest_ack_won(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acks, "highest", lambda status, told: told[-1] if told else status)
    with pytest.raises(AssertionError):
        disorder.explore(database, examples=25, first=1)


def _duplicate_of(receipt: Receipt) -> Receipt:
    return Receipt(status="duplicate", notification_id=receipt.notification_id, events=0)


def _counts(database: Database) -> dict[str, int]:
    return {table: recorded.count(database, table) for table in TABLES}


def _told(database: Database) -> list[tuple[Any, ...]]:
    events = recorded.events(database)
    return [(event["type"], event["notification_id"]) for event in events]


def _changed(value: Any) -> Iterator[Any]:
    """Return a value with each part of it, and itself, replaced by each odd value."""
    yield from ODD
    parts = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, part in parts:
        inner = _changed(part) if isinstance(part, (dict, list)) else ODD
        for other in inner:
            copy = value.copy()
            copy[key] = other
            yield copy


def _damaged(noise: random.Random, body: bytes) -> bytes:
    position, length = noise.randrange(len(body)), noise.randrange(1, 8)
    return body[:position] + noise.randbytes(length) + body[position + length :]
