"""What operators change, and that whoever works for the handler is not confused by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from receiver.errors import DatabaseFailed, NotNow, NotOwed, UnknownHandler
from receiver.store import operating, positions
from receiver.store.changing import Change
from receiver.store.database import Database
from receiver.store.operating import Known, Replay
from receiver.store.retries import State
from tests.store import owing, recorded
from tests.store.owing import HANDLER, come, owe, states, tell

ORDERED = Known()
DISORDERLY = Known(ordered=False)
WAITING, RUNNING, PARKED, DEAD = State.WAITING, State.RUNNING, State.PARKED, State.DEAD

NOW = 1_900_000_000


def do(database: Database, job: Callable[[Change], object]) -> object:
    return operating.change(database, job, now=lambda: NOW)


def retry(database: Database, seq: int, known: Known = ORDERED) -> None:
    do(database, partial(operating.retry, handler=HANDLER, seq=seq, known=known))


def drop(database: Database, seq: int) -> None:
    do(database, partial(operating.drop, handler=HANDLER, seq=seq))


def test_a_dead_event_gets_all_of_its_tries_again_and_at_once(database: Database) -> None:
    tell(database, "a")
    come(database, 1)
    owe(database, (1, DEAD))
    retry(database, 1)
    [row] = recorded.rows(database, "SELECT state, attempts, due_at, error FROM retries")
    assert row == {"state": "waiting", "attempts": 0, "due_at": NOW * 1000, "error": "it rained"}


def test_one_that_waits_is_due_at_once_and_its_tries_stay_counted(database: Database) -> None:
    tell(database, "a")
    come(database, 1)
    owe(database, (1, WAITING))
    retry(database, 1)
    [row] = recorded.rows(database, "SELECT state, attempts, due_at FROM retries")
    assert row == {"state": "waiting", "attempts": 3, "due_at": NOW * 1000}


@pytest.mark.parametrize("state", [RUNNING, PARKED])
def test_what_runs_or_is_parked_can_not_be_hurried(database: Database, state: State) -> None:
    tell(database, "a")
    come(database, 1)
    owe(database, (1, state))
    with pytest.raises(NotNow):
        retry(database, 1)
    assert states(database) == {1: state}


def test_a_dead_one_waits_for_those_before_it_and_holds_back_those_after(
    database: Database,
) -> None:
    tell(database, "a", "a", "a", "b")
    come(database, 4)
    owe(database, (1, WAITING), (2, DEAD), (4, WAITING))
    retry(database, 2)
    assert states(database) == {1: "waiting", 2: "parked", 4: "waiting"}
    drop(database, 1)
    assert states(database) == {2: "waiting", 4: "waiting"}
    owe(database, (1, DEAD))
    retry(database, 1)
    assert states(database) == {1: "waiting", 2: "parked", 4: "waiting"}


def test_without_an_order_nothing_waits_for_another(database: Database) -> None:
    tell(database, "a", "a", "a")
    come(database, 3)
    owe(database, (1, WAITING), (2, DEAD), (3, WAITING))
    retry(database, 2, DISORDERLY)
    assert states(database) == {1: "waiting", 2: "waiting", 3: "waiting"}


def test_dropping_the_first_lets_the_next_of_its_conversation_go(database: Database) -> None:
    tell(database, "a", "a", "b", "b")
    come(database, 4)
    owe(database, (1, WAITING), (2, PARKED), (3, WAITING), (4, PARKED))
    drop(database, 1)
    assert states(database) == {2: "waiting", 3: "waiting", 4: "parked"}


def test_what_is_not_owed_or_not_known_is_said(database: Database) -> None:
    come(database, 0)
    for do_it in (retry, drop):
        with pytest.raises(NotOwed, match="owes no event 7"):
            do_it(database, 7)
    with pytest.raises(UnknownHandler, match=r"no handler 'shop\.gone'"):
        do(database, partial(operating.rest, handler="shop.gone", paused=True))
    with pytest.raises(UnknownHandler):
        operating.replay_all(database, "shop.gone", 1, None, ORDERED)
    with pytest.raises(UnknownHandler):
        operating.revive_all(database, "shop.gone", ORDERED)


def test_all_dead_ones_come_back_in_line(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operating, "REVIVED_AT_ONCE", 2)
    tell(database, "a", "a", "b", "a", "b")
    come(database, 5)
    owe(database, *((seq, DEAD) for seq in range(1, 6)))
    assert operating.revive_all(database, HANDLER, ORDERED) == 5
    assert states(database) == {
        1: "waiting", 2: "parked", 3: "waiting", 4: "parked", 5: "parked"
    }  # fmt: skip
    assert operating.revive_all(database, HANDLER, ORDERED) == 0


def test_a_handler_rests_and_goes_on(database: Database) -> None:
    come(database, 0)
    for paused in (True, False):
        do(database, partial(operating.rest, handler=HANDLER, paused=paused))
        assert do(database, partial(positions.paused, handler=HANDLER)) is paused


def test_a_replay_owes_the_first_of_each_conversation_and_parks_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operating, "STRETCH", 2)
    tell(database, "a", "b", "a", "a", "b", "c")
    come(database, 6)
    heard: list[tuple[int, int]] = []
    replayed = operating.replay_all(
        database, HANDLER, 2, 5, ORDERED, told=lambda *progress: heard.append(progress)
    )
    assert replayed == Replay(2, 5, 4)
    assert states(database) == {2: "waiting", 3: "waiting", 4: "parked", 5: "parked"}
    assert heard == [(3, 5), (5, 5)]


def test_a_replay_takes_only_what_the_handler_can_want(database: Database) -> None:
    tell(database, "a", "b")
    come(database, 2)
    known = Known(types=["phone.status"])
    assert operating.replay_all(database, HANDLER, 1, 2, known).events == 0
    assert states(database) == {}


def test_a_replay_without_an_order_parks_nothing(database: Database) -> None:
    tell(database, "a", "a")
    come(database, 2)
    operating.replay_all(database, HANDLER, 1, 2, DISORDERLY)
    assert states(database) == {1: "waiting", 2: "waiting"}


def test_a_replay_ends_at_the_position_because_the_rest_comes_anyway(database: Database) -> None:
    tell(database, "a", "b", "c")
    come(database, 2)
    assert operating.replay_all(database, HANDLER, 0, None, ORDERED) == Replay(0, 2, 2)
    assert operating.replay_all(database, HANDLER, 3, 9, ORDERED) == Replay(3, 2, 0)
    assert set(states(database)) == {1, 2}


def test_a_replay_twice_owes_nothing_twice_and_brings_the_dead_back(database: Database) -> None:
    tell(database, "a", "a", "b")
    come(database, 3)
    owe(database, (1, RUNNING), (3, DEAD))
    for events in (2, 0):
        dry = operating.replay_all(database, HANDLER, 1, None, ORDERED, dry_run=True)
        assert dry == Replay(1, 3, events)
        assert operating.replay_all(database, HANDLER, 1, None, ORDERED) == dry
    assert states(database) == {1: "running", 2: "parked", 3: "waiting"}
    assert owing.attempts(database) == [3, 0, 0]


def test_a_dry_run_changes_nothing(database: Database) -> None:
    tell(database, "a", "b")
    come(database, 2)
    assert operating.replay_all(database, HANDLER, 1, 2, ORDERED, dry_run=True).events == 2
    assert states(database) == {}


def test_a_later_one_that_waited_is_held_back_by_what_is_replayed(database: Database) -> None:
    tell(database, "a", "a", "a", "b")
    come(database, 4)
    owe(database, (3, WAITING), (4, WAITING))
    operating.replay_all(database, HANDLER, 1, 2, ORDERED)
    assert states(database) == {1: "waiting", 2: "parked", 3: "parked", 4: "waiting"}


def test_events_of_no_conversation_wait_for_none(database: Database) -> None:
    recorded.batch(database, b'{"type": "message', b"{")
    come(database, 2)
    operating.replay_all(database, HANDLER, 1, 2, ORDERED)
    assert states(database) == {1: "waiting", 2: "waiting"}


def test_a_database_that_fails_is_a_sentence(database: Database) -> None:
    def fail(change: Change) -> None:
        raise database.engine.dialect.loaded_dbapi.OperationalError("cut")

    with pytest.raises(DatabaseFailed, match=r"\(cut\)"):
        do(database, fail)
