"""What is stored is read oldest first, whole, without standing in the way of who writes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from receiver.store.database import Database
from receiver.store.views import conversations, events, notifications, stretches
from receiver.store.views.stretches import EVERYTHING, KINDS, Kind, Wanted
from tests.bodies import GROUP, SENT, UUID, ack, acks, message
from tests.store import recorded
from tests.store.views.paging import plans

SHORT = {name: replace(kind, length=2) for name, kind in KINDS.items()}


def read(
    database: Database, kind: Kind, wanted: Wanted = EVERYTHING, *, after: int = 0
) -> list[Any]:
    """Return all that is stored of a kind, as JSON would show it."""
    end = database.ask(stretches.last, kind)
    found = stretches.read(database, kind, wanted, after=after, end=end)
    return [orjson.loads(orjson.dumps(view)) for stretch in found for view in stretch.views]


def shown(views: Any) -> list[Any]:
    """Return views as JSON would show them."""
    return [orjson.loads(orjson.dumps(view)) for view in views]


@pytest.fixture
def filled(database: Database) -> Database:
    """Return a database with several of each kind."""
    recorded.each(
        database,
        message("3EB0A", text="first"),
        message("3EB0B", chat=GROUP, at=SENT + 2),
        acks(ack("seen", msg_id=UUID, at=SENT)),
        b"{",
        message("3EB0C", at=SENT + 1),
    )
    return database


def test_it_is_what_the_lists_show_the_oldest_first(filled: Database) -> None:
    engine = filled.engine
    assert read(filled, SHORT["messages"]) == recorded.messages(filled)
    journal = events.following(engine, 0, limit=100).data
    assert read(filled, SHORT["events"]) == shown(journal)
    chats = sorted(conversations.recent(engine, limit=100).data, key=lambda one: one.id)
    assert read(filled, SHORT["conversations"]) == shown(chats)
    kept = [notifications.find(engine, number) for number in range(1, 6)]
    assert read(filled, SHORT["notifications"]) == shown(kept)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_empty_has_no_stretch(database: Database, name: str) -> None:
    assert database.ask(stretches.last, KINDS[name]) == 0
    assert read(database, KINDS[name]) == []


@pytest.mark.parametrize(
    ("name", "wanted", "numbers"),
    [
        ("messages", Wanted(conversation_id=1), [1, 3, 4]),
        ("messages", Wanted(since=(SENT + 1) * 1000), [2, 3, 4]),
        ("messages", Wanted(until=(SENT + 1) * 1000), [1]),
        ("messages", Wanted(conversation_id=1, since=(SENT + 1) * 1000), [3, 4]),
        ("conversations", Wanted(conversation_id=2), [2]),
        ("conversations", Wanted(since=(SENT + 2) * 1000), [2]),
        ("events", Wanted(conversation_id=2), [2]),
        ("events", Wanted(until=recorded.NOW), []),
        ("notifications", Wanted(since=recorded.NOW), [1, 2, 3, 4, 5]),
    ],
)
def test_what_is_wanted_is_given(
    filled: Database, name: str, wanted: Wanted, numbers: list[int]
) -> None:
    found = read(filled, SHORT[name], wanted)
    assert [one.get("id", one.get("seq")) for one in found] == numbers


def test_it_goes_on_behind_a_number(filled: Database) -> None:
    assert read(filled, SHORT["messages"], after=3) == recorded.messages(filled)[3:]
    assert read(filled, SHORT["messages"], after=99) == []


@pytest.mark.parametrize("name", ["messages", "events", "notifications"])
def test_nothing_is_left_out_or_repeated_while_more_comes(filled: Database, name: str) -> None:
    kind = SHORT[name]
    end = filled.ask(stretches.last, kind)
    given: list[int] = []
    for turn, stretch in enumerate(stretches.read(filled, kind, after=0, end=end)):
        given += [getattr(view, "id", None) or view.seq for view in stretch.views]
        recorded.batch(filled, message(f"3EB0NEW{turn}", at=SENT - turn))
    assert given == [*range(1, end + 1)]
    later = [one.get("id") or one["seq"] for one in read(filled, kind, after=end)]
    assert later == [*range(end + 1, end + turn + 2)]


def test_a_wide_hole_is_one_step(database: Database) -> None:
    """Numbers of what was erased are not given again."""
    recorded.batch(database, *(message(f"3EB0{n}") for n in range(9)))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM messages WHERE id BETWEEN 3 AND 8"))
    found = [*stretches.read(database, SHORT["messages"], after=0, end=9)]
    assert [[view.id for view in one.views] for one in found] == [[1, 2], [9]]


def test_a_stretch_ends_where_it_becomes_too_much(database: Database) -> None:
    """A row that is too much by itself is alone."""
    much = "x" * (stretches.LARGE // 5 * 2)
    texts = [much, much, much, much * 3, "small", "small"]
    recorded.batch(database, *(message(f"3EB0{n}", text=one) for n, one in enumerate(texts)))
    found = [*stretches.read(database, KINDS["messages"], after=0, end=6)]
    assert [[view.id for view in one.views] for one in found] == [[1, 2], [3], [4], [5, 6]]


def test_no_stretch_looks_at_more_than_its_numbers(filled: Database) -> None:
    """Also where nothing of it is wanted."""
    wanted = Wanted(conversation_id=2)
    found = [*stretches.read(filled, SHORT["messages"], wanted, after=0, end=4)]
    assert [(one.last, len([*one.views])) for one in found] == [(2, 1), (4, 0)]
    assert all(later.last - one.last <= 2 for one, later in pairwise(found))


def holds_up(database: Database) -> bool:
    """Tell whether somebody keeps a snapshot, behind which the log or dead rows pile up."""
    with database.engine.connect() as connection:
        if database.file:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA busy_timeout=0")
            busy, _log, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return bool(busy)
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
        )
        return bool(others.scalar())


def test_between_stretches_no_snapshot_is_kept(filled: Database) -> None:
    for _ in stretches.read(filled, SHORT["messages"], after=0, end=4):
        recorded.batch(filled, message("3EB0NEW"))
        assert not holds_up(filled)


def test_one_that_were_kept_would_be_seen(filled: Database) -> None:
    """The control."""
    with filled.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM messages"))
        recorded.batch(filled, message("3EB0NEW"))
        assert holds_up(filled)


def test_a_stretch_is_found_by_its_numbers(filled: Database) -> None:
    """By the other index each stretch would go through all of a conversation."""
    wanted = Wanted(conversation_id=1)
    plan = plans(filled, lambda: read(filled, KINDS["messages"], wanted))
    by_number = "INTEGER PRIMARY KEY (rowid>? AND rowid<?)" if filled.file else "pk_messages"
    assert by_number in plan
    assert "ix_messages_conversation_id" not in plan
