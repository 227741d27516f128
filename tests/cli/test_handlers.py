"""The commands that operate handlers: on the database, whether or not a server runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from receiver.store.database import Database
from receiver.store.retries import State
from tests.cli.conftest import Shop
from tests.databases import only_sqlite
from tests.store import recorded
from tests.store.owing import HANDLER, come, owe, states, tell


def test_handlers_are_listed_with_what_they_owe(shop: Shop, database: Database) -> None:
    tell(database, "a", "b", "c")
    come(database, 2)
    come(database, 3, handler="shop.gone")
    owe(database, (1, State.DEAD), (2, State.WAITING))
    done = shop("handlers")
    assert done.code == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert [HANDLER, "2", "1", "1", "0", "1", "stopped"] in lines
    assert ["shop.gone", "3", "0", "0", "0", "0", "orphaned"] in lines
    listed = json.loads(shop("handlers", "--json").out)["data"]
    assert [one["name"] for one in listed] == [HANDLER, "shop.gone"]
    assert [one["orphaned"] for one in listed] == [False, True]


@only_sqlite
def test_it_is_said_when_there_is_none(shop: Shop, database: Database) -> None:
    assert shop("handlers").out.startswith("no handler has run yet")


@only_sqlite
def test_the_sender_is_no_orphan(shop: Shop, database: Database) -> None:
    come(database, 0, handler="sender")
    assert json.loads(shop("handlers", "--json").out)["data"][0]["orphaned"] is False


@only_sqlite
def test_code_that_can_not_be_loaded_hides_no_handler(
    shop: Shop, database: Database, tmp_path: Path
) -> None:
    come(database, 0)
    (tmp_path / "shop.py").write_text("import nothing_of_this_name")
    done = shop("handlers")
    assert (done.code, HANDLER in done.out) == (0, True)
    assert "nothing_of_this_name" in done.err
    assert "orphaned" not in done.out


def test_the_dead_are_listed_with_why(shop: Shop, database: Database) -> None:
    tell(database, "a", "b")
    for handler in (HANDLER, "shop.other"):
        come(database, 2, handler=handler)
        owe(database, (1, State.DEAD), (2, State.WAITING), handler=handler)
    assert shop("dead").out.count("it rained") == 2
    assert shop("dead", HANDLER).out.count("it rained") == 1
    found = json.loads(shop("dead", HANDLER, "--json").out)
    assert [one["seq"] for one in found["data"]] == [1]
    assert found["total"] == 1
    assert shop("dead", "shop.gone").code == 1


@only_sqlite
def test_it_is_said_when_there_are_more_or_none(
    shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop("dead").out == "no event is dead\n"
    monkeypatch.setattr("receiver.cli.handlers.MOST_SHOWN", 1)
    tell(database, "a", "b")
    come(database, 2)
    owe(database, (1, State.DEAD), (2, State.DEAD))
    assert "and 1 more" in shop("dead").out


def test_events_are_tried_again_one_by_one_or_all_dead_ones(shop: Shop, database: Database) -> None:
    tell(database, "a", "b", "c")
    come(database, 3)
    owe(database, *((seq, State.DEAD) for seq in (1, 2, 3)))
    assert shop("retry", HANDLER, "1").out.startswith(f"1 event of {HANDLER} to be tried again")
    assert states(database) == {1: "waiting", 2: "dead", 3: "dead"}
    assert json.loads(shop("retry", HANDLER, "--all-dead", "--json").out)["events"] == 2
    assert states(database) == dict.fromkeys((1, 2, 3), "waiting")


def test_order_is_the_handlers_own(shop: Shop, database: Database) -> None:
    tell(database, "a", "a")
    for handler in (HANDLER, "shop.count"):
        come(database, 2, handler=handler)
        owe(database, (1, State.DEAD), (2, State.DEAD), handler=handler)
        shop("retry", handler, "--all-dead")
    assert states(database) == {1: "waiting", 2: "parked"}
    assert states(database, "shop.count") == {1: "waiting", 2: "waiting"}


def test_a_stretch_is_replayed_or_only_counted(shop: Shop, database: Database) -> None:
    tell(database, "a", "b", "c")
    come(database, 3)
    arguments = ("replay", HANDLER, "--from", "2")
    assert shop(*arguments, "--dry-run").out == f"{HANDLER} would get 2 of events 2 to 3 again\n"
    assert states(database) == {}
    assert shop(*arguments, "--to", "2").out == f"{HANDLER} gets 1 of events 2 to 2 again\n"
    assert json.loads(shop(*arguments, "--json").out) == {
        "first": 2, "last": 3, "events": 1, "dry_run": False
    }  # fmt: skip
    assert states(database) == {2: "waiting", 3: "waiting"}


def test_only_what_the_handler_can_want_is_replayed(shop: Shop, database: Database) -> None:
    tell(database, "a")
    recorded.batch(database, b"{", b"[")
    come(database, 3)
    counted = shop("replay", HANDLER, "--from", "1", "--dry-run", "--json").out
    assert json.loads(counted)["events"] == 1
    come(database, 3, handler="shop.gone")
    counted = shop("replay", "shop.gone", "--from", "1", "--dry-run", "--json").out
    assert json.loads(counted)["events"] == 3


def test_a_handler_rests_and_goes_on(shop: Shop, database: Database) -> None:
    come(database, 0)
    assert "rests" in shop("pause", HANDLER).out
    assert "paused" in shop("handlers").out
    assert json.loads(shop("resume", HANDLER, "--json").out) == {
        "handler": HANDLER, "paused": False
    }  # fmt: skip
    assert "paused" not in shop("handlers").out


@only_sqlite
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("retry", HANDLER), 2),
        (("retry", HANDLER, "1", "--all-dead"), 2),
        (("retry", HANDLER, "x"), 2),
        (("replay", HANDLER), 2),
        (("replay", HANDLER, "--from", "3", "--to", "2"), 2),
        (("retry", HANDLER, "1"), 1),
        (("retry", "shop.gone", "--all-dead"), 1),
        (("replay", "shop.gone", "--from", "1"), 1),
        (("pause", "shop.gone"), 1),
    ],
)
def test_wrong_use_is_2_and_what_is_not_there_is_1(
    shop: Shop, database: Database, arguments: tuple[str, ...], code: int
) -> None:
    come(database, 0)
    done = shop(*arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err
