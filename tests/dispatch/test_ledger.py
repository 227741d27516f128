"""The books: the position is right at any moment, and nothing is forgotten between two commits."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from receiver import Event, RetryPolicy
from receiver.dispatch.calling import DONE, GIVEN_BACK, Outcome, Verdict
from receiver.dispatch.ledger import Item, Ledger
from receiver.store import retries
from receiver.store.positions import Position
from receiver.store.retries import Retry, State
from tests.dispatch import handmade

AGAIN = Outcome(Verdict.AGAIN, "no good")
NOW = 1_000_000


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return what settlements write, in order, in place of a database."""
    log: list[tuple[Any, ...]] = []
    monkeypatch.setattr(retries, "add", lambda t, rows: log.extend(("add", *r[1:6]) for r in rows))
    monkeypatch.setattr(retries, "settle", lambda t, row: log.append(("settle", *row[1:6])))
    monkeypatch.setattr(retries, "remove", lambda t, row: log.append(("remove", row.seq)))
    monkeypatch.setattr(
        retries, "let_go",
        lambda t, handler, conversations, at: log.extend(("let go", c, at) for c in conversations),
    )  # fmt: skip
    monkeypatch.setattr(
        retries, "give_back", lambda t, row, state: log.append(("give back", row.seq, state))
    )
    return log


def ledger(**options: Any) -> Ledger:
    async def note(event: Event) -> None: ...

    options.setdefault("retry", RetryPolicy(attempts=3, first=timedelta(0)))
    handler = handmade.handler(note, **options)
    return Ledger(handler, Position(0, True, False, 1), random=Random(1))


def begin(books: Ledger, *numbers: int, conversation_id: int | None = 3) -> list[Item]:
    items = [Item(handmade.message(n, conversation_id=conversation_id)) for n in numbers]
    assert [books.begin(item.event) for item in items] == [True] * len(items)
    return items


class Nowhere:
    """A change on the connection that the position was taken on."""

    session = 1
    at = NOW
    transaction: Any

    def __init__(self) -> None:
        self.transaction = self
        self.positions: list[int] = []

    def insert_new(self, table: object, rows: list[Retry]) -> None:
        """Take the place of what is owed, which is nothing here."""
        assert not rows

    def execute(self, sql: str, seq: int, handler: str) -> None:
        """Take the place of a position's move."""
        self.positions.append(seq)


def settle(books: Ledger) -> int:
    change = Nowhere()
    books.settlement()(change)  # type: ignore[arg-type]
    books.settled()
    return change.positions[-1]


def test_the_position_is_before_the_first_that_is_not_finished() -> None:
    books = ledger()
    one, two, three = begin(books, 1, 2, 3)
    assert (books.position, books.ahead) == (0, 3)
    books.finish(two, DONE, at=NOW)
    assert books.position == 0
    books.finish(one, DONE, at=NOW)
    assert books.position == 2
    books.skip(7)
    assert books.position == 2
    books.finish(three, DONE, at=NOW)
    assert (books.position, books.ahead) == (7, 0)
    assert settle(books) == 7
    assert books.is_settled


def test_what_fails_is_owed_and_the_position_goes_on(written: list[Any]) -> None:
    books = ledger()
    [one] = begin(books, 1)
    assert books.finish(one, AGAIN, at=NOW)
    assert not books.is_settled
    assert settle(books) == 1
    assert written == [("add", 1, 3, State.WAITING, 1, NOW)]
    assert books.owed == {1}


def test_what_comes_behind_it_is_parked_in_its_conversation_only(written: list[Any]) -> None:
    books = ledger()
    [one] = begin(books, 1)
    books.finish(one, AGAIN, at=NOW)
    assert not books.begin(handmade.message(2))
    begin(books, 3, conversation_id=4)
    begin(books, 4, conversation_id=None)
    settle(books)
    assert written[1] == ("add", 2, 3, State.PARKED, 0, 0)


def test_a_retry_that_succeeds_lets_the_others_go(written: list[Any]) -> None:
    books = ledger()
    row = Retry("bot.note", 1, 3, State.RUNNING, 2, 0, None)
    books.owe(row)
    assert not books.finish(Item(handmade.message(1), row), DONE, at=NOW)
    assert books.leaves_retries
    begin(books, 2)
    settle(books)
    assert not books.leaves_retries
    assert written == [("remove", 1), ("let go", 3, NOW)]


def test_after_the_last_try_it_is_dead(written: list[Any]) -> None:
    books = ledger()
    row = Retry("bot.note", 1, 3, State.RUNNING, 3, 0, None)
    books.owe(row)
    assert not books.finish(Item(handmade.message(1), row), AGAIN, at=NOW)
    settle(books)
    assert written == [("settle", 1, 3, State.DEAD, 3, NOW), ("let go", 3, NOW)]
    assert books.owed == set()


def test_a_delay_of_the_handlers_choice_is_kept(written: list[Any]) -> None:
    books = ledger()
    [one] = begin(books, 1)
    books.finish(one, Outcome(Verdict.AGAIN, "", timedelta(seconds=7)), at=NOW)
    settle(books)
    assert written == [("add", 1, 3, State.WAITING, 1, NOW + 7_000)]


def test_what_was_given_back_is_begun_again(written: list[Any]) -> None:
    books = ledger()
    [one] = begin(books, 1)
    assert not books.finish(one, GIVEN_BACK, at=NOW)
    row = Retry("bot.note", 9, 4, State.RUNNING, 2, 0, None)
    books.finish(Item(handmade.message(9), row), GIVEN_BACK, at=NOW)
    assert settle(books) == 0
    assert written == [("give back", 9, State.WAITING), ("let go", 4, NOW)]


def test_what_is_set_aside_is_owed_and_finished_like_a_retry(written: list[Any]) -> None:
    books = ledger()
    one, two, three = (begin(books, n, conversation_id=n)[0] for n in (1, 2, 3))
    assert all(books.set_aside(item.event) for item in (one, two, three))
    assert not books.set_aside(one.event)
    assert settle(books) == 3
    assert books.owed == set()  # nobody else may declare it done: it runs
    books.finish(one, DONE, at=NOW)
    assert books.finish(two, AGAIN, at=NOW)
    books.give_back(three)
    settle(books)
    assert written[3:] == [
        ("remove", 1),
        ("settle", 2, 2, State.WAITING, 1, NOW),
        ("give back", 3, State.WAITING),
        ("let go", 1, NOW),
        ("let go", 3, NOW),
    ]


def test_what_was_taken_up_with_the_one_before_it_is_parked_again_where_that_fails(
    written: list[Any],
) -> None:
    books = ledger()
    rows = [Retry("bot.note", 1, 3, State.WAITING, 1, 0, None),
            Retry("bot.note", 2, 3, State.PARKED, 1, 0, None)]  # fmt: skip
    for row in rows:
        books.owe(row)
    assert books.finish(Item(handmade.message(1), rows[0]), AGAIN, at=NOW)
    books.give_back(Item(handmade.message(2), rows[1]))
    settle(books)
    assert written == [
        ("settle", 1, 3, State.WAITING, 1, NOW),
        ("give back", 2, State.PARKED),
        ("let go", 3, NOW),
    ]
    assert books.owed == {1, 2}


@pytest.mark.parametrize(
    ("attempts", "tried", "counted", "suspects"),
    [(1, 1, 0, {2}), (2, 1, 1, {2}), (12, 1, 1, set()), (12, 2, 2, {2})],
)
def test_what_was_taken_up_with_one_that_may_have_ended_the_process_is_counted_too(
    written: list[Any], attempts: int, tried: int, counted: int, suspects: set[int]
) -> None:
    books = ledger(retry=RetryPolicy(attempts=attempts))
    books.hold_back(Retry("bot.note", 2, 3, State.RUNNING, tried, 0, None), State.PARKED)
    assert books.suspects == suspects
    settle(books)
    assert written == [("settle", 2, 3, State.PARKED, counted, 0)]


@pytest.mark.parametrize(
    ("attempts", "counted", "suspects"), [(1, 0, {1, 2}), (2, 1, {1}), (3, 1, set())]
)
def test_what_may_have_ended_the_process_is_adopted_as_tried_once(
    written: list[Any], attempts: int, counted: int, suspects: set[int]
) -> None:
    books = ledger(retry=RetryPolicy(attempts=attempts))
    books.adopt(handmade.message(1))
    books.adopt(handmade.message(2))
    assert books.suspects == suspects
    assert settle(books) == 2
    assert written == [
        ("add", 1, 3, State.WAITING, counted, 0), ("add", 2, 3, State.PARKED, 0, 0),
    ]  # fmt: skip


def test_what_is_not_written_yet_is_not_to_be_compared_with_the_database() -> None:
    books = ledger()
    [one] = begin(books, 1)
    books.finish(one, AGAIN, at=NOW)
    assert books.owed == set()
    books.settlement()
    assert (books.owed, books.is_saved(1)) == (set(), False)
    books.settled()
    assert (books.owed, books.is_saved(1)) == ({1}, True)


def test_what_an_operator_has_removed_holds_nobody_up() -> None:
    books = ledger()
    books.owe(Retry("bot.note", 1, 3, State.WAITING, 1, 0, None))
    books.suspects.add(1)
    books.forgive({1})
    assert books.suspects == set()
    begin(books, 2)


def test_without_order_nothing_is_parked(written: list[Any]) -> None:
    books = ledger(order="none")
    [one] = begin(books, 1)
    assert not books.finish(one, AGAIN, at=NOW)
    begin(books, 2)
    books.park(Item(handmade.message(3)))
    settle(books)
    assert [row[3] for row in written] == [State.WAITING, State.WAITING]
