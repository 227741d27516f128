"""What handlers keep of conversations."""

from __future__ import annotations

import pytest

from receiver.store import handler_states
from receiver.store.database import Database, open_writer
from receiver.store.rows import Transaction
from tests.bodies import message
from tests.store import recorded


@pytest.fixture
def database(database: Database) -> Database:
    """Return a database with the conversations 1 and 2."""
    recorded.batch(database, message("3EB0A", chat="1@c.us"), message("3EB0B", chat="2@c.us"))
    return database


def save(database: Database, *states: tuple[str, int, str]) -> None:
    with open_writer(database) as connection, connection.begin():
        for state in states:
            handler_states.save(Transaction(connection), *state)


def test_each_handler_has_its_own_of_each_conversation(database: Database) -> None:
    save(database, ("a", 1, '{"x":1}'), ("a", 2, '{"x":2}'), ("b", 1, '{"x":3}'))
    assert database.ask(handler_states.load, "a", {1, 2, 3}) == {
        1: '{"x":1}', 2: '{"x":2}', 3: "{}",
    }  # fmt: skip
    assert database.ask(handler_states.load, "b", [1]) == {1: '{"x":3}'}


def test_the_last_one_counts(database: Database) -> None:
    save(database, ("a", 1, '{"x":1}'), ("a", 1, '{"x":"\\u0000 \u20ac"}'))
    assert database.ask(handler_states.load, "a", [1]) == {1: '{"x":"\\u0000 \u20ac"}'}


def test_an_empty_one_takes_no_room(database: Database) -> None:
    save(database, ("a", 1, '{"x":1}'), ("a", 1, "{}"), ("a", 2, "{}"))
    assert recorded.count(database, "handler_states") == 0


def test_of_a_conversation_that_was_erased_nothing_is_kept(database: Database) -> None:
    save(database, ("a", 7, '{"x":1}'))
    assert recorded.count(database, "handler_states") == 0
