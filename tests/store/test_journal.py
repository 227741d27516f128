"""The journal: every number once, in the order of commit, without a hole."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from receiver.store import recording
from receiver.store.database import Database, open_writer
from tests import bodies, payloads
from tests.store import recorded

WRITERS = 4
EACH = 15
MANY = [
    [bodies.message(f"3EB0{writer}{n:04}", at=bodies.SENT + n) for n in range(EACH)]
    for writer in range(WRITERS)
]


def test_events_are_numbered_from_one_without_a_hole(database: Database) -> None:
    samples = [payloads.body(name) for name in payloads.NAMES]
    recorded.each(database, *samples[:10], *samples[:10])
    recorded.batch(database, *samples, *samples)
    numbers = [event["seq"] for event in recorded.events(database)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_events_of_a_batch_are_in_the_order_of_its_bodies(database: Database) -> None:
    samples = [payloads.body(name) for name in payloads.NAMES]
    receipts = recorded.batch(database, *samples)
    expected = [r.notification_id for r in receipts for _ in range(r.events)]
    assert [event["notification_id"] for event in recorded.events(database)] == expected


def test_what_is_rolled_back_leaves_no_hole(database: Database) -> None:
    with open_writer(database) as connection:
        transaction = connection.begin()
        recording.record(connection, [bodies.message()], received_at=recorded.NOW)
        transaction.rollback()
    recorded.batch(database, bodies.message())
    assert [event["seq"] for event in recorded.events(database)] == [1]


def test_no_number_is_given_again_after_the_newest_rows_are_gone(database: Database) -> None:
    recorded.batch(database, bodies.message("3EB01"), bodies.message("3EB02", chat="2@c.us"))
    before = _highest(database)
    recorded.change(
        database,
        "DELETE FROM events",
        "UPDATE conversations SET last_message_id = NULL",
        "DELETE FROM messages",
        "DELETE FROM conversations",
        "DELETE FROM notifications",
    )
    recorded.batch(database, bodies.message("3EB03", chat="3@c.us"))
    after = _highest(database)
    assert all(after[table] > before[table] for table in before), (before, after)


def test_a_repeat_takes_no_number_of_an_event(database: Database) -> None:
    recorded.each(database, bodies.message("3EB01"), bodies.message("3EB01"))
    recorded.each(database, bodies.message("3EB02"))
    assert [event["seq"] for event in recorded.events(database)] == [1, 2]


def test_several_writers_leave_one_journal_that_no_reader_skips_in(database: Database) -> None:
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while True:
            last_round = done.is_set()
            sql = "SELECT seq FROM events WHERE seq > :position ORDER BY seq"
            position = seen[-1] if seen else 0
            seen.extend(row["seq"] for row in recorded.rows(database, sql, position=position))
            if last_round:
                return

    with ThreadPoolExecutor() as threads:
        reader = threads.submit(read)
        writers = [threads.submit(recorded.each, database, *told) for told in MANY]
        receipts = [receipt for writer in writers for receipt in writer.result()]
        done.set()
        reader.result()

    assert seen == list(range(1, WRITERS * EACH + 1))
    assert len({receipt.notification_id for receipt in receipts}) == WRITERS * EACH
    assert len(recorded.messages(database)) == WRITERS * EACH


def test_the_same_bodies_from_several_writers_are_stored_once(database: Database) -> None:
    told = MANY[0]
    with ThreadPoolExecutor() as threads:
        writers = [threads.submit(recorded.each, database, *told) for _ in range(WRITERS)]
        receipts = [receipt for writer in writers for receipt in writer.result()]

    assert sum(receipt.status == "stored" for receipt in receipts) == EACH
    assert sum(receipt.events for receipt in receipts) == EACH
    assert len({receipt.notification_id for receipt in receipts}) == EACH
    assert len(recorded.events(database)) == len(recorded.messages(database)) == EACH


def test_a_writer_waits_for_the_numbers_of_another(database: Database) -> None:
    assert _two_at_once(database) == [1, 2]


def test_two_writers_would_take_the_same_number_without_the_lock(on_postgresql: Database) -> None:
    """Here the lock is a function of ours that does nothing, found before the true one."""
    recorded.change(
        on_postgresql,
        "CREATE FUNCTION pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS ''",
        f"ALTER DATABASE {on_postgresql.engine.url.database} SET search_path=public, pg_catalog",
    )
    on_postgresql.engine.dispose()
    with pytest.raises(Exception):  # noqa: B017, PT011 - which constraint is hit first is open
        assert _two_at_once(on_postgresql) == [1, 2]


def _two_at_once(database: Database) -> list[int]:
    """Record while a transaction that has recorded is open; return the numbers of the events."""
    with open_writer(database) as connection, ThreadPoolExecutor() as threads:
        transaction = connection.begin()
        recording.record(connection, [MANY[0][0]], received_at=recorded.NOW)
        other = threads.submit(recorded.batch, database, MANY[1][0])
        while database.engine.dialect.name == "postgresql" and not _someone_waits(database):
            assert not other.done(), "it did not wait"
        transaction.commit()
        other.result()
    return [event["seq"] for event in recorded.events(database)]


def _someone_waits(database: Database) -> bool:
    return bool(recorded.rows(database, "SELECT 1 FROM pg_locks WHERE NOT granted"))


def _highest(database: Database) -> dict[str, int]:
    keys = {"events": "seq", "messages": "id", "conversations": "id", "notifications": "id"}
    return {
        table: recorded.rows(database, f"SELECT max({key}) AS n FROM {table}")[0]["n"]
        for table, key in keys.items()
    }
