"""The review: what operators have removed is noticed, a part of it at each look."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random

import pytest

from receiver import Event
from receiver.dispatch import reviewing
from receiver.dispatch.desk import Desk
from receiver.dispatch.ledger import Ledger
from receiver.dispatch.reviewing import Review
from receiver.store.positions import Position
from receiver.store.retries import Retry
from tests.dispatch import handmade
from tests.store import recorded


@pytest.fixture
def ledger() -> Ledger:
    """Return a ledger that knows of six retries of two conversations."""

    async def note(event: Event) -> None: ...

    books = Ledger(handmade.handler(note), Position(9, True, False, 1), random=Random(1))
    for seq in range(1, 7):
        books.owe(Retry("bot.note", seq, seq % 2, "waiting", 1, 0, None))
    return books


@pytest.fixture
def review(desk: Desk, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Review:
    """Return a review of it that looks through two at a time."""
    monkeypatch.setattr(reviewing, "AT_ONCE", 2)
    return Review(desk, "bot.note", ledger)


def test_what_is_gone_is_forgotten_but_not_what_is_being_tried(
    review: Review, ledger: Ledger
) -> None:
    left = [6]
    for _ in range(3):
        assert not asyncio.run(review.go_on({3}))
        left.append(len(ledger.owed))
    assert ledger.owed == {3}
    assert all(before - after <= 2 for before, after in pairwise(left))


def test_what_is_still_there_is_kept(review: Review, ledger: Ledger, desk: Desk) -> None:
    for seq in (2, 5):
        owe(desk, f"{seq}, {seq % 2}, 'waiting', 1, 0, NULL")
    for _ in range(6):
        asyncio.run(review.go_on(set()))
    assert ledger.owed == {2, 5}


def test_what_is_parked_behind_nothing_is_let_go_in_the_end(
    review: Review, ledger: Ledger, desk: Desk
) -> None:
    owe(desk, "1, 1, 'waiting', 1, 0, NULL")
    for seq in (2, 3, 4, 5):
        owe(desk, f"{seq}, 1, 'parked', 0, 0, NULL")
    owe(desk, "6, 2, 'parked', 0, 0, NULL")
    found = [asyncio.run(review.go_on(set())) for _ in range(3)]
    assert found == [False, False, True]
    assert not ledger.is_settled


def owe(desk: Desk, row: str) -> None:
    recorded.change(desk.database, f"INSERT INTO retries VALUES ('bot.note', {row})")
