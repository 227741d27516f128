"""What handlers owe: in a conversation one after the other, and each try counted before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    write(database, lambda t: retries.settle(t, row(1), at=NOW, done=True))
    assert stored(database) == [(2, "waiting", 0), (3, "parked", 0), (4, "parked", 0)]
    dead = row(2, State.DEAD, error="no good", due_at=NOW)
    write(database, lambda t: retries.settle(t, dead, at=NOW))
    assert stored(database)[:2] == [(2, "dead", 0), (3, "waiting", 0)]


def test_one_that_is_tried_again_lets_nobody_go(database: Database) -> None:
    owe(database, row(1), row(2, State.PARKED))
    again = row(1, due_at=NOW + 5, error="no good")
    write(database, lambda t: retries.settle(t, again, at=NOW))
    assert stored(database) == [(1, "waiting", 1), (2, "parked", 1)]
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
    stranded = database.ask(retries.stranded, "bot")
    assert sorted(stranded) == [2, 6]
    write(database, lambda t: retries.free(t, "bot", stranded, at=NOW))
    assert database.ask(retries.stranded, "bot") == []
    due = database.ask(retries.due, "bot", at=NOW, up_to=9, limit=9)
    assert [r.seq for r in due] == [2, 6]
