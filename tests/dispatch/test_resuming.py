"""Resuming: what was under way is counted, and given up only for what it did alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import pytest

from receiver import Event, RetryPolicy
from receiver.dispatch import resuming
from receiver.dispatch.desk import Desk
from receiver.dispatch.ledger import ENDED, Ledger
from receiver.store.positions import Position
from receiver.store.retries import Retry
from tests import bodies
from tests.dispatch import handmade
from tests.store import recorded

POLICY = RetryPolicy(attempts=3, first=timedelta(0))


def resumed(
    desk: Desk, *, released: bool, seq: int = 0, policy: RetryPolicy = POLICY
) -> tuple[Ledger, set[int]]:
    async def note(event: Event) -> None: ...

    handler = handmade.handler(note, retry=policy)
    position = Position(seq, released, False, 1)
    ledger = Ledger(handler, position, random=Random(1))
    return ledger, asyncio.run(resuming.resume(desk, handler, position, ledger, ahead=3))


@pytest.fixture
def journal(desk: Desk) -> Desk:
    """Return a desk with a journal of five events, of a conversation each."""
    told = [bodies.message(f"3EB0{n}", chat=f"1555010000{n}@c.us") for n in range(1, 6)]
    recorded.each(desk.database, *told)
    return desk


def owe(desk: Desk, *rows: str) -> None:
    recorded.change(
        desk.database, *(f"INSERT INTO retries VALUES ('bot.note', {row})" for row in rows)
    )


def test_after_a_clean_end_nothing_is_suspect(journal: Desk) -> None:
    owe(journal, "1, 1, 'waiting', 1, 0, NULL", "4, 4, 'dead', 3, 0, NULL")
    ledger, accounted = resumed(journal, released=True, seq=2)
    assert (ledger.owed, ledger.suspects, ledger.read_to) == ({1}, set(), 2)
    assert accounted == {4}


@pytest.mark.parametrize(("attempts", "suspects"), [(1, {1}), (2, {1}), (3, set())])
def test_after_an_unclean_end_what_may_have_run_is_owed_but_what_has_an_account(
    journal: Desk, attempts: int, suspects: set[int]
) -> None:
    owe(journal, "2, 2, 'dead', 3, 0, NULL", "3, 3, 'waiting', 1, 0, 'ValueError'")
    policy = RetryPolicy(attempts=attempts)
    ledger, accounted = resumed(journal, released=False, policy=policy)
    assert ledger.suspects == suspects  # of whose tries the next is the last
    assert accounted == {2, 3}
    assert ledger.read_to == 3  # no more than may have been read


def test_suspicion_outlives_another_end(journal: Desk) -> None:
    owe(journal, f"1, 1, 'waiting', 2, 0, '{ENDED}'", "2, 2, 'running', 1, 0, NULL")
    ledger, _ = resumed(journal, released=True, seq=5)
    assert ledger.suspects == {1}
    assert ledger.is_last_chance(Retry("bot.note", 1, 1, "waiting", 2, 0, ENDED))


def test_what_was_being_tried_again_when_the_process_ended_is_suspect(journal: Desk) -> None:
    owe(journal, "1, 1, 'running', 1, 0, NULL", "2, 2, 'running', 2, 0, 'ValueError'")
    ledger, _ = resumed(journal, released=True, seq=5)
    assert ledger.suspects == {2}
