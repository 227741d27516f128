"""The writer: in order, many in a commit, and nobody is told a lie or left waiting."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from receiver.errors import DatabaseInUse, NotStored, Overloaded, Stopping
from receiver.events import EventType
from receiver.store import database as databases
from receiver.store.changing import Change
from receiver.store.database import Database
from receiver.store.journal import Draft
from receiver.store.recording import Receipt
from receiver.store.writer import MAX_BATCH, Writer
from tests import bodies, payloads
from tests.databases import blocked
from tests.store import recorded

SAMPLES = [payloads.body(name) for name in payloads.NAMES]
MANY = [bodies.message(f"3EB0{n:04}", at=bodies.SENT + n) for n in range(4 * MAX_BATCH)]

Scenario = Callable[[Writer], Awaitable[Any]]


def test_a_notification_is_answered_with_its_receipt(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        first = await writer.record(SAMPLES[0])
        assert (first.status, first.notification_id) == ("stored", 1)
        assert recorded.kept_body(database, 1) == SAMPLES[0]
        again = await writer.record(SAMPLES[0])
        assert again == Receipt(status="duplicate", notification_id=1, events=0)
        assert (await writer.record(b"no JSON")).status == "quarantined"

    _run(database, scenario)


def test_receipts_are_given_in_the_order_of_the_bodies(database: Database) -> None:
    async def scenario(writer: Writer) -> list[Receipt]:
        return await asyncio.gather(*(writer.record(body) for body in MANY))

    receipts = _run(database, scenario)
    assert {receipt.status for receipt in receipts} == {"stored"}
    kept = recorded.rows(database, "SELECT id, body FROM notifications ORDER BY id")
    assert [row["id"] for row in kept] == [receipt.notification_id for receipt in receipts]
    assert [bytes(row["body"]) for row in kept] == MANY


def test_many_at_once_share_a_few_commits(database: Database) -> None:
    with _commits_counted(database) as commits:

        async def scenario(writer: Writer) -> None:
            await asyncio.gather(*(writer.record(body) for body in MANY))

        _run(database, scenario)
    assert len(MANY) / MAX_BATCH <= len(commits) <= len(MANY) / MAX_BATCH + 1


def test_one_after_the_other_each_has_a_commit_of_its_own(database: Database) -> None:
    with _commits_counted(database) as commits:

        async def scenario(writer: Writer) -> None:
            for body in SAMPLES[:5]:
                await writer.record(body)

        _run(database, scenario)
    assert len(commits) == 5


def test_large_bodies_do_not_all_share_a_commit(database: Database) -> None:
    large = [bodies.message(f"3EB0{n}", text="x" * 3_000_000) for n in range(4)]
    with _commits_counted(database) as commits:

        async def scenario(writer: Writer) -> list[Receipt]:
            return await asyncio.gather(*(writer.record(body) for body in large))

        receipts = _run(database, scenario)
    assert {receipt.status for receipt in receipts} == {"stored"}
    assert len(commits) == 4


def test_bodies_of_every_size_are_answered(database: Database) -> None:
    """A pipeline to PostgreSQL that is fuller than a socket has been seen to stand still."""
    sizes = [2**n for n in range(10, 23)]

    async def scenario(writer: Writer) -> None:
        for size in sizes:
            body = bodies.message(f"3EB0{size}", text="é" * (size // 2))
            assert (await writer.record(body)).status == "stored", size
        many = [bodies.message(f"3EB0{n}", text="é" * 10_000) for n in range(MAX_BATCH)]
        receipts = await asyncio.gather(*(writer.record(body) for body in many))
        assert {receipt.status for receipt in receipts} == {"stored"}

    _run(database, scenario)
    texts = recorded.rows(database, "SELECT length(text) AS n FROM messages ORDER BY id")
    assert [row["n"] for row in texts[: len(sizes)]] == [size // 2 for size in sizes]


def test_the_time_of_receipt_is_that_of_the_clock(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        await writer.record(SAMPLES[0])

    _run(database, scenario, now=lambda: 1_234_567_890.123)
    [row] = recorded.rows(database, "SELECT received_at FROM notifications")
    assert row["received_at"] == 1_234_567_890_123


def test_one_that_the_database_refuses_is_set_aside_alone(database: Database) -> None:
    _refuse(database, "poison")
    told = [bodies.message(f"3EB0{n}", text="sound") for n in range(20)]
    told[13] = bodies.message("3EB0", text="poison")

    async def scenario(writer: Writer) -> list[Receipt]:
        return await asyncio.gather(*(writer.record(body) for body in told))

    receipts = _run(database, scenario)

    statuses = [receipt.status for receipt in receipts]
    assert statuses == ["stored"] * 13 + ["quarantined"] + ["stored"] * 6
    assert [shown["text"] for shown in recorded.messages(database)] == ["sound"] * 19
    [row] = recorded.rows(database, "SELECT * FROM notifications WHERE status = 'quarantined'")
    assert row["id"] == receipts[13].notification_id
    assert row["reason"].startswith("could not be recorded: ")
    assert recorded.kept_body(database, row["id"]) == told[13]
    [told_event] = recorded.events(database, "notification.quarantined")
    assert told_event["data"] == {"problems": [row["reason"]]}


def test_what_was_set_aside_is_a_duplicate_when_it_is_repeated(database: Database) -> None:
    _refuse(database, "poison")

    async def scenario(writer: Writer) -> list[Receipt]:
        return [await writer.record(bodies.message(text="poison")) for _ in range(2)]

    first, again = _run(database, scenario)
    assert (first.status, first.events) == ("quarantined", 1)
    assert again == Receipt(status="duplicate", notification_id=first.notification_id, events=0)


def test_what_cannot_even_be_set_aside_now_is_not_stored(on_postgresql: Database) -> None:
    _refuse(on_postgresql, "poison")
    _at_commit(on_postgresql, "PERFORM pg_terminate_backend(pg_backend_pid());")

    async def scenario(writer: Writer) -> None:
        with pytest.raises(NotStored):
            await writer.record(bodies.message(text="poison"))
        recorded.change(on_postgresql, "DROP TRIGGER late ON notifications")
        receipt = await writer.record(bodies.message(text="poison"))
        assert receipt.status == "quarantined"

    _run(on_postgresql, scenario)


def test_a_connection_that_was_cut_costs_one_answer_and_no_restart(
    on_postgresql: Database,
) -> None:
    async def scenario(writer: Writer) -> None:
        assert (await writer.record(SAMPLES[0])).status == "stored"
        _cut_all_others(on_postgresql)
        with pytest.raises(NotStored):
            await writer.record(SAMPLES[1])
        receipts = [await writer.record(body) for body in SAMPLES[:3]]
        assert [receipt.status for receipt in receipts] == ["duplicate", "stored", "stored"]

    _run(on_postgresql, scenario)


def test_a_connection_cut_while_it_commits_tells_nobody_that_it_is_stored(
    on_postgresql: Database,
) -> None:
    _at_commit(on_postgresql, "PERFORM pg_terminate_backend(pg_backend_pid());")

    async def scenario(writer: Writer) -> None:
        answers = await asyncio.gather(
            *(writer.record(body) for body in SAMPLES), return_exceptions=True
        )
        assert {type(answer) for answer in answers} == {NotStored}
        recorded.change(on_postgresql, "DROP TRIGGER late ON notifications")
        again = await asyncio.gather(*(writer.record(body) for body in SAMPLES))
        assert {receipt.status for receipt in again} == {"stored"}

    _run(on_postgresql, scenario)


def test_what_is_refused_at_the_commit_is_not_stored(
    on_postgresql: Database,
) -> None:
    _at_commit(on_postgresql, "RAISE EXCEPTION 'too late' USING ERRCODE = 'check_violation';")

    async def scenario(writer: Writer) -> None:
        with pytest.raises(NotStored):
            await writer.record(SAMPLES[0])
        assert recorded.count(on_postgresql, "notifications") == 0
        recorded.change(on_postgresql, "DROP TRIGGER late ON notifications")
        assert (await writer.record(SAMPLES[0])).status == "stored"

    _run(on_postgresql, scenario)


def test_a_commit_whose_answer_is_lost_is_not_called_stored(database: Database) -> None:
    """It is in the database, nobody knows; the repeat that this causes is a duplicate."""

    async def scenario(writer: Writer) -> None:
        with _answers_of_commits_lost(database):
            with pytest.raises(NotStored):
                await writer.record(SAMPLES[0])
            assert recorded.count(database, "notifications") == 1
        again = await writer.record(SAMPLES[0])
        assert again == Receipt(status="duplicate", notification_id=1, events=0)

    _run(database, scenario)


def test_a_full_disk_stores_nothing_and_recovers_when_there_is_room(on_sqlite: Database) -> None:
    large = [bodies.message(f"3EB0{n}", text="x" * 1_000_000) for n in range(3)]

    async def scenario(writer: Writer) -> None:
        await writer.record(SAMPLES[0])
        with _disk_full(at_bytes=400_000):
            for body in large:
                with pytest.raises(NotStored, match=r"\(disk I/O error\)"):
                    await writer.record(body)
        assert recorded.count(on_sqlite, "notifications") == 1
        receipts = [await writer.record(body) for body in (SAMPLES[0], *large)]
        assert [receipt.status for receipt in receipts] == ["duplicate", *["stored"] * 3]

    _run(on_sqlite, scenario)


@pytest.mark.parametrize("at_bytes", [8_192, 70_000], ids=["its index", "the file"])
def test_a_database_that_cannot_be_opened_again_is_an_answer_too(
    on_sqlite: Database, at_bytes: int
) -> None:
    """After a failure the log is copied into the file, and that can fail like anything else."""

    async def scenario(writer: Writer) -> None:
        for body in MANY[:200]:
            await writer.record(body)
        with _disk_full(at_bytes=at_bytes):
            for body in SAMPLES[:3]:
                with pytest.raises(NotStored):
                    await writer.record(body)
            with pytest.raises(NotStored):
                await writer.probe()
        receipts = [await writer.record(body) for body in SAMPLES]
        assert {receipt.status for receipt in receipts} == {"stored"}

    _run(on_sqlite, scenario)


def test_a_database_that_another_holds_is_an_answer_too(
    database: Database, database_url: str
) -> None:
    _wait_for_locks_no_longer_than(database, milliseconds=50)

    async def scenario(writer: Writer) -> None:
        with blocked(database_url):
            answers = await asyncio.gather(
                *(writer.record(body) for body in SAMPLES), return_exceptions=True
            )
            assert {type(answer) for answer in answers} == {NotStored}
            with pytest.raises(NotStored, match=r"nothing was stored \(.*lock.*\)"):
                await writer.probe()
        again = await asyncio.gather(*(writer.record(body) for body in SAMPLES))
        assert {receipt.status for receipt in again} == {"stored"}

    _run(database, scenario)


def test_more_than_may_wait_is_refused_and_the_rest_is_stored(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        answers = await asyncio.gather(
            *(writer.record(body) for body in SAMPLES[:5]), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [Receipt] * 3 + [Overloaded] * 2
        assert (await writer.record(SAMPLES[4])).status == "stored"

    _run(database, scenario, max_waiting=3)


def test_more_bytes_than_may_wait_are_refused_and_the_rest_is_stored(database: Database) -> None:
    large = [bodies.message(f"3EB0{n}", text="x" * 1000) for n in range(3)]

    async def scenario(writer: Writer) -> None:
        answers = await asyncio.gather(
            *(writer.record(body) for body in large), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [Receipt, Receipt, Overloaded]
        assert (await writer.record(large[2])).status == "stored"

    _run(database, scenario, max_waiting_bytes=2500)


def test_a_body_larger_than_may_wait_is_taken_when_nothing_waits(database: Database) -> None:
    large = [bodies.message(f"3EB0{n}", text="x" * 1000) for n in range(2)]

    async def scenario(writer: Writer) -> None:
        answers = await asyncio.gather(
            *(writer.record(body) for body in large), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [Receipt, Overloaded]

    _run(database, scenario, max_waiting_bytes=10)


def test_what_was_not_stored_no_longer_counts_as_waiting(on_postgresql: Database) -> None:
    async def scenario(writer: Writer) -> None:
        for _ in range(3):
            await writer.record(SAMPLES[0])
            _cut_all_others(on_postgresql)
            with pytest.raises(NotStored):
                await writer.record(SAMPLES[1])
        assert (await writer.record(SAMPLES[2])).status == "stored"

    _run(on_postgresql, scenario, max_waiting=1)


def test_stopping_answers_all_that_waited_and_takes_nothing_more(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        waiting = [asyncio.create_task(writer.record(body)) for body in MANY]
        probe = asyncio.create_task(writer.probe())
        await asyncio.sleep(0)
        await writer.stop()
        assert all(task.done() for task in (*waiting, probe))
        assert {task.result().status for task in waiting} == {"stored"}
        with pytest.raises(Stopping):
            await writer.record(SAMPLES[0])
        with pytest.raises(Stopping):
            await writer.probe()

    asyncio.run(_within_limits(database, scenario, stops=False))
    assert recorded.count(database, "notifications") == len(MANY)


def test_an_idle_writer_stops_at_once(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        pass

    _run(database, scenario)
    assert recorded.count(database, "notifications") == 0


def test_what_is_added_just_when_it_stops_is_answered_too(database: Database) -> None:
    nothing_left, go_on = Event(), Event()

    class Slow(Writer):
        """Stands still between finding nothing to do and looking whether it is the end."""

        def _next(self) -> Any:
            work = super()._next()
            if work is None:
                nothing_left.set()
                go_on.wait(30)
            return work

    class Stopped(list[Any]):
        """Has the writer stop while a job is being added."""

        def append(self, job: Any) -> None:
            Thread(target=asyncio.run, args=[writer.stop()]).start()
            Event().wait(0.2)
            go_on.set()
            writer._thread.join(0.2)
            super().append(job)

    async def scenario() -> int:
        await writer.start()
        await writer.probe()
        await asyncio.to_thread(nothing_left.wait, 30)
        writer._jobs = Stopped()
        return await asyncio.wait_for(writer.change(lambda change: 7), timeout=10)

    writer = Slow(database)
    assert asyncio.run(scenario()) == 7
    writer._thread.join()


def test_a_client_that_went_away_disturbs_nobody(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        waiting = [asyncio.create_task(writer.record(body)) for body in SAMPLES[:4]]
        probe = asyncio.create_task(writer.probe())
        await asyncio.sleep(0)
        waiting[1].cancel()
        probe.cancel()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(answer) for answer in answers] == [
            Receipt,
            asyncio.CancelledError,
            Receipt,
            Receipt,
        ]
        assert (await writer.record(SAMPLES[4])).status == "stored"

    _run(database, scenario)
    assert recorded.count(database, "notifications") == 5


def test_a_probe_succeeds_and_changes_nothing(database: Database) -> None:
    with _commits_counted(database) as commits:

        async def scenario(writer: Writer) -> None:
            await writer.probe()

        _run(database, scenario)
    assert len(commits) == 1
    assert recorded.count(database, "notifications") == recorded.count(database, "events") == 0


def test_a_probe_is_answered_with_what_is_stored_beside_it(database: Database) -> None:
    async def scenario(writer: Writer) -> None:
        receipt, none = await asyncio.gather(writer.record(SAMPLES[0]), writer.probe())
        assert (receipt.status, none) == ("stored", None)

    _run(database, scenario)


def test_a_probe_fails_where_storing_would(on_postgresql: Database) -> None:
    async def scenario(writer: Writer) -> None:
        await writer.probe()
        _cut_all_others(on_postgresql)
        with pytest.raises(NotStored):
            await writer.probe()
        await writer.probe()

    _run(on_postgresql, scenario)


def test_a_job_runs_in_a_transaction_and_returns_what_it_found(database: Database) -> None:
    recorded.batch(database, bodies.message())

    async def scenario(writer: Writer) -> None:
        assert await writer.change(_rename) is None
        assert await writer.change(lambda change: change.transaction.fetch(_NAMES)) == [("new",)]

    _run(database, scenario)
    assert recorded.rows(database, _NAMES) == [{"name": "new"}]


def test_jobs_and_notifications_share_a_commit(database: Database) -> None:
    with _commits_counted(database) as commits:

        async def scenario(writer: Writer) -> None:
            await asyncio.gather(
                *(writer.record(body) for body in SAMPLES),
                *(writer.change(_tell, appends=True) for _ in "abc"),
            )

        _run(database, scenario)
    assert len(commits) == 1
    told = [event["type"] for event in recorded.events(database)]
    assert told[-3:] == ["live.event"] * 3
    assert len(told) > 3


def test_a_job_that_fails_disturbs_nobody_and_changes_nothing(database: Database) -> None:
    def fail(change: Change) -> None:
        _rename(change)
        raise DatabaseInUse("a word to whoever gave the job")

    def break_down(change: Change) -> None:
        _rename(change)
        change.transaction.execute("INSERT INTO heads VALUES (2, 0, 0, 0, 0)")  # one row is allowed

    async def scenario(writer: Writer) -> list[Any]:
        return await asyncio.gather(
            writer.change(fail),
            writer.record(SAMPLES[0]),
            writer.change(break_down),
            writer.change(lambda change: 7),
            writer.record(SAMPLES[1]),
            return_exceptions=True,
        )

    found = _run(database, scenario)
    assert [type(one) for one in found] == [DatabaseInUse, Receipt, NotStored, int, Receipt]
    assert {"name": "new"} not in recorded.rows(database, _NAMES)


def test_a_job_can_be_given_from_another_thread(database: Database) -> None:
    async def scenario(writer: Writer) -> int:
        return await asyncio.to_thread(lambda: writer.submit(lambda change: 7).result(30))

    assert _run(database, scenario) == 7


def test_a_job_that_nobody_wants_any_more_is_not_done(
    database: Database, database_url: str
) -> None:
    recorded.batch(database, bodies.message())

    async def scenario(writer: Writer) -> None:
        with blocked(database_url):
            busy = asyncio.create_task(writer.probe())
            await asyncio.sleep(0)
            assert writer.submit(_rename).cancel()
        await busy

    _run(database, scenario)
    assert recorded.rows(database, _NAMES) != [{"name": "new"}]


def test_the_last_number_of_each_commit_is_announced(database: Database) -> None:
    announced: list[int] = []

    async def scenario(writer: Writer) -> None:
        for number in range(3):
            await writer.record(bodies.message(f"3EB0{number}"))
        await writer.change(lambda change: None)
        await writer.change(_tell, appends=True)

    _run(database, scenario, committed=announced.append)
    assert announced == [1, 2, 3, 4]


def test_no_error_of_the_writer_holds_a_body_or_a_password(
    on_postgresql: Database, caplog: pytest.LogCaptureFixture
) -> None:
    secret = bodies.message(text="planted-text")

    async def scenario(writer: Writer) -> None:
        await writer.record(SAMPLES[0])
        _cut_all_others(on_postgresql)
        with pytest.raises(NotStored) as failure:
            await writer.record(secret)
        assert "planted-text" not in str(failure.value)

    _run(on_postgresql, scenario)
    assert caplog.records
    assert "planted-text" not in caplog.text


def test_a_log_of_what_was_refused_holds_no_body(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    _refuse(database, "planted-text")

    async def scenario(writer: Writer) -> None:
        await writer.record(bodies.message(text="planted-text"))

    _run(database, scenario)
    assert caplog.records
    assert "planted-text" not in caplog.text


def test_a_database_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path) -> None:
    nowhere = databases.connect(f"sqlite:///{tmp_path}/missing/receiver.db")

    async def scenario() -> None:
        writer = Writer(nowhere)
        with pytest.raises(NotStored, match=r"receiver\.db can't be used"):
            await writer.start()

    asyncio.run(scenario())


_NAMES = "SELECT name FROM conversations"


def _rename(change: Change) -> None:
    change.transaction.execute("UPDATE conversations SET name = 'new'")


def _tell(change: Change) -> None:
    change.tell(Draft(type=EventType.LIVE_EVENT))


def _run(database: Database, scenario: Scenario, **settings: Any) -> Any:
    return asyncio.run(_within_limits(database, scenario, **settings))


async def _within_limits(
    database: Database, scenario: Scenario, *, stops: bool = True, **settings: Any
) -> Any:
    async with asyncio.timeout(30), _writing(database, stops=stops, **settings) as writer:
        return await scenario(writer)


@asynccontextmanager
async def _writing(database: Database, *, stops: bool, **settings: Any) -> AsyncIterator[Writer]:
    writer = Writer(database, **settings)
    await writer.start()
    try:
        yield writer
    finally:
        if stops:
            await writer.stop()


@contextmanager
def _commits_counted(database: Database) -> Iterator[list[Connection]]:
    commits: list[Connection] = []

    def count(connection: Connection) -> None:
        commits.append(connection)

    event.listen(database.engine, "commit", count)
    yield commits
    event.remove(database.engine, "commit", count)


@contextmanager
def _answers_of_commits_lost(database: Database) -> Iterator[None]:
    failure = database.engine.dialect.loaded_dbapi.OperationalError

    def commit_and_lose(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.commit()
        raise failure("the answer was lost")

    event.listen(database.engine, "commit", commit_and_lose)
    yield
    event.remove(database.engine, "commit", commit_and_lose)


@contextmanager
def _disk_full(*, at_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _refuse(database: Database, words: str) -> None:
    """Let the database refuse a message of these words."""
    if database.file:
        recorded.change(
            database,
            f"CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.text = '{words}' "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
    else:
        recorded.change(
            database, f"ALTER TABLE messages ADD CONSTRAINT refuse CHECK (text <> '{words}')"
        )


def _at_commit(database: Database, statement: str) -> None:
    """Let PostgreSQL do something at the end of each transaction that stores a notification."""
    recorded.change(
        database,
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {statement} RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON notifications "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()",
    )


def _wait_for_locks_no_longer_than(database: Database, *, milliseconds: int) -> None:
    setting = (
        f"PRAGMA busy_timeout={milliseconds}"
        if database.file
        else f"SET lock_timeout='{milliseconds}ms'"
    )

    def set_up(connection: Any, _record: object) -> None:
        connection.execute(setting)
        connection.commit()

    event.listen(database.engine, "connect", set_up)


def _cut_all_others(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
