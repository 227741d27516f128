"""What handlers owe: in a conversation one after the other, and each try counted before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from receiver.store import retries
from receiver.store.database import Database, open_writer
from receiver.store.retries import Retry, State
from receiver.store.rows import Transaction
from tests.store import recorded

NOW = recorded.NOW


def row(seq: int, state: State = State.WAITING, **values: Any) -> Retry:
    fields = {"conversation_id": 3, "attempts": 1, "due_at": 0, "error": None, "handler": "bot"}
    return Retry(**{"seq": seq, "state": state, **fields, **values})


def write(database: Database, *changes: Callable[[Transaction], None]) -> None:
    with open_writer(database) as connection, connection.begin():
        for change in changes:
            change(Transaction(connection))


def owe(database: Database, *rows: Retry) -> None:
    write(database, lambda t: retries.add(t, rows))


def stored(database: Database) -> list[tuple[int, str, int]]:
    found = recorded.rows(database, "SELECT seq, state, attempts FROM retries ORDER BY seq")
    return [(each["seq"], each["state"], each["attempts"]) for each in found]


def test_what_is_owed_already_stays_as_it_is(database: Database) -> None:
    owe(database, row(1, State.DEAD, attempts=3))
    owe(database, row(1), row(2))
    assert stored(database) == [(1, "dead", 3), (2, "waiting", 1)]


def test_what_is_due_comes_the_longest_due_first(database: Database) -> None:
    owe(
        database,
        row(1, due_at=NOW), row(2, due_at=NOW - 9), row(3, due_at=NOW + 1), row(4, State.PARKED),
        row(5, State.RUNNING), row(6, State.DEAD), row(7, handler="other"),
    )  # fmt: skip
    found = database.ask(retries.due, "bot", at=NOW, up_to=9, limit=10)
    assert found == [row(2, due_at=NOW - 9), row(1, due_at=NOW)]
    assert [r.seq for r in database.ask(retries.due, "bot", at=NOW, up_to=9, limit=1)] == [2]
    assert [r.seq for r in database.ask(retries.due, "bot", at=NOW, up_to=1, limit=9)] == [1]


def test_what_is_owed_is_everything_but_the_dead(database: Database) -> None:
    owe(database, *(row(seq, state) for seq, state in enumerate(State, 1)))
    assert [r.state for r in database.ask(retries.owed, "bot")] == ["waiting", "running", "parked"]
    assert database.ask(retries.still_owed, "bot", {1, 2, 4, 9}) == {1, 2}
    assert database.ask(retries.beyond, "bot", 2) == {3, 4}


def test_a_try_is_counted_before_it_is_made_and_only_where_it_waits(database: Database) -> None:
    owe(database, row(1), row(2, State.DEAD), row(3, handler="other"))
    write(database, lambda t: retries.begin(t, "bot", [1, 2, 3]))
    assert stored(database) == [(1, "running", 2), (2, "dead", 1), (3, "waiting", 1)]


def test_what_is_parked_is_taken_up_behind_its_head_as_long_as_it_was_never_tried(
    database: Database,
) -> None:
    parked = [row(seq, State.PARKED, attempts=0) for seq in (2, 4, 6, 8)]
    tried = row(9, State.PARKED, error="no good", attempts=1)
    owe(
        database,
        row(1), *parked, tried, row(10, State.PARKED, attempts=0),
        row(5, conversation_id=4), row(7, State.PARKED, conversation_id=4, attempts=0),
    )  # fmt: skip

    def following(*heads: Retry, up_to: int = 10, limit: int = 9) -> list[int]:
        found = database.ask(retries.following, heads, up_to=up_to, limit=limit)
        return [each.seq for each in found]

    heads = (row(1), row(5, conversation_id=4))
    assert following(*heads) == [2, 4, 6, 8, 7]
    assert following(*heads, limit=2) == [2, 4, 7]
    assert following(*heads, up_to=4) == [2, 4]
    write(database, lambda t: retries.begin(t, "bot", [1, *following(row(1))]))
    write(database, lambda t: retries.let_go(t, "bot", [3], at=NOW))
    assert stored(database)[:3] == [(1, "running", 2), (2, "running", 1), (4, "running", 1)]
    assert following(row(1)) == []


def test_a_try_that_was_not_made_is_taken_back(database: Database) -> None:
    owe(database, row(1), row(2))
    write(
        database,
        lambda t: retries.begin(t, "bot", [1, 2]),
        lambda t: retries.give_back(t, row(1), State.WAITING),
        lambda t: retries.give_back(t, row(2), State.PARKED),
        lambda t: retries.give_back(t, row(2), State.PARKED),
    )
    assert stored(database) == [(1, "waiting", 1), (2, "parked", 1)]


def test_when_one_is_done_or_dead_the_next_of_its_conversation_is_let_go(
    database: Database,
) -> None:
    parked = [row(seq, State.PARKED, attempts=0) for seq in (2, 3)]
    elsewhere = row(4, State.PARKED, attempts=0, conversation_id=4)
    owe(database, row(1), *parked, elsewhere)
    write(
        database,
        lambda t: retries.remove(t, row(1)),
        lambda t: retries.let_go(t, "bot", [3], at=NOW),
    )
    assert stored(database) == [(2, "waiting", 0), (3, "parked", 0), (4, "parked", 0)]
    dead = row(2, State.DEAD, error="no good", due_at=NOW)
    write(
        database,
        lambda t: retries.settle(t, dead),
        lambda t: retries.let_go(t, "bot", [3], at=NOW),
    )
    assert stored(database)[:2] == [(2, "dead", 1), (3, "waiting", 0)]


def test_one_that_is_tried_again_lets_nobody_go(database: Database) -> None:
    owe(database, row(1), row(2, State.PARKED))
    again = row(1, due_at=NOW + 5, error="no good", attempts=2)
    write(
        database,
        lambda t: retries.settle(t, again),
        lambda t: retries.let_go(t, "bot", [3], at=NOW),
    )
    assert stored(database) == [(1, "waiting", 2), (2, "parked", 1)]
    assert database.ask(retries.owed, "bot")[0] == again


def test_a_dead_one_before_it_holds_nobody_up_and_a_waiting_one_does(database: Database) -> None:
    owe(
        database,
        row(1, State.DEAD), row(2, State.PARKED),
        row(3, State.WAITING, conversation_id=4), row(4, State.PARKED, conversation_id=4),
    )  # fmt: skip
    write(database, lambda t: retries.let_go(t, "bot", [3, 4, None], at=NOW))
    assert [state for _, state, _ in stored(database)] == ["dead", "waiting", "waiting", "parked"]


def test_what_was_left_parked_behind_nothing_is_found_and_freed(database: Database) -> None:
    owe(
        database,
        row(1, State.DEAD), row(2, State.PARKED), row(3, State.PARKED),
        row(4, State.RUNNING, conversation_id=4), row(5, State.PARKED, conversation_id=4),
        row(6, State.PARKED, conversation_id=None), row(7, State.PARKED, handler="other"),
    )  # fmt: skip
    stranded, _ = database.ask(retries.stranded, "bot", limit=9)
    assert sorted(stranded) == [2, 6]
    write(database, lambda t: retries.free(t, "bot", stranded, at=NOW))
    assert database.ask(retries.stranded, "bot", limit=9) == ([], retries.BEFORE_ALL)
    due = database.ask(retries.due, "bot", at=NOW, up_to=9, limit=9)
    assert [r.seq for r in due] == [2, 6]


def test_what_is_parked_is_looked_through_a_part_at_a_time(database: Database) -> None:
    owe(
        database,
        *(row(seq, State.PARKED, due_at=-seq, conversation_id=seq) for seq in range(1, 6)),
        row(6, due_at=-6, conversation_id=6), row(7, State.PARKED, due_at=0, conversation_id=6),
    )  # fmt: skip
    found, place = [], (-9, 0)
    while place != retries.BEFORE_ALL:
        some, place = database.ask(retries.stranded, "bot", after=place, limit=2)
        assert len(some) <= 2
        found += some
    assert sorted(found) == [1, 2, 3, 4, 5]


MANY = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
INSERT INTO retries (handler, seq, conversation_id, state, attempts, due_at, error)
SELECT 'bot', n, n % {conversations}, {state}, 0, 0, NULL FROM numbers
"""
HEADS_WAIT = "CASE WHEN n <= {conversations} THEN 'waiting' ELSE 'parked' END"


@pytest.mark.parametrize("conversations", [4, 50_000])
@pytest.mark.parametrize("state", ["'dead'", HEADS_WAIT])
def test_a_look_costs_the_same_however_much_is_owed(
    database: Database, monkeypatch: pytest.MonkeyPatch, conversations: int, state: str
) -> None:
    state = state.format(conversations=conversations)
    recorded.change(database, MANY.format(conversations=conversations, state=state), "ANALYZE")
    asked = statements(monkeypatch)
    database.ask(retries.due, "bot", at=NOW, up_to=100_000, limit=100)
    head = row(1, conversation_id=1)
    database.ask(retries.following, [head], up_to=100_000, limit=100)
    database.ask(retries.stranded, "bot", limit=100)
    database.ask(retries.still_owed, "bot", set(range(100)))
    write(database, lambda t: retries.let_go(t, "bot", [1], at=NOW))
    assert len(asked) >= 5
    plan = explained(database, asked)
    for costly in ("SCAN retries", "Seq Scan", "Hash", "Merge"):
        assert costly not in plan


def statements(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Return what grows with each statement from now on."""
    asked: list[tuple[str, Any]] = []
    execute = Transaction._execute

    def note(transaction: Transaction, sql: str, parameters: Any) -> Any:
        asked.append((sql, parameters))
        return execute(transaction, sql, parameters)

    monkeypatch.setattr(Transaction, "_execute", note)
    return asked


def explained(database: Database, asked: list[tuple[str, Any]]) -> str:
    """Return how the database finds the rows of statements."""
    with database.engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN" if database.file else "EXPLAIN"
        cursor = connection.connection.cursor()
        lines = []
        for sql, parameters in asked:
            cursor.execute(f"{explain} {sql}", parameters)
            lines += [str(line[-1]) for line in cursor.fetchall()]
    return "\n".join(lines)
