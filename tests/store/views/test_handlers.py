"""Handlers as they are listed."""

from __future__ import annotations

import asyncio

from receiver.store import operating, positions
from receiver.store.database import Database
from receiver.store.retries import State
from receiver.store.views import handlers
from receiver.store.writer import Writer
from tests.store.owing import HANDLER, come, owe, tell


def test_a_handler_is_shown_with_all_that_it_owes(database: Database) -> None:
    tell(database, "a", "a", "b", "c", "d", "e", "e")
    come(database, 6)
    owe(
        database, (1, State.WAITING), (2, State.PARKED), (3, State.RUNNING),
        (4, State.DEAD), (5, State.DEAD),
    )  # fmt: skip
    [shown] = handlers.every(database.engine).data
    assert (shown.name, shown.position, shown.lag) == (HANDLER, 6, 1)
    assert (shown.waiting, shown.parked, shown.dead) == (2, 1, 2)
    assert (shown.running, shown.paused, shown.orphaned) == (False, False, None)


def test_they_come_by_name_and_our_own_readers_are_not_among_them(database: Database) -> None:
    for name in ("shop.b", "@search", "shop.a"):
        come(database, 0, handler=name)
    assert [shown.name for shown in handlers.every(database.engine).data] == ["shop.a", "shop.b"]


def test_one_whose_code_is_gone_is_orphaned(database: Database) -> None:
    for name in ("shop.here", "shop.gone"):
        come(database, 0, handler=name)
    found = handlers.every(database.engine, {"shop.here"}).data
    assert {shown.name: shown.orphaned for shown in found} == {
        "shop.here": False, "shop.gone": True
    }  # fmt: skip


def test_one_that_rests_is_shown_so(database: Database) -> None:
    come(database, 0)
    operating.change(database, lambda change: operating.rest(change, HANDLER, paused=True))
    shown = handlers.one(database.engine, HANDLER)
    assert shown
    assert shown.paused
    assert handlers.one(database.engine, "shop.gone") is None


async def _take(database: Database) -> bool:
    writer = Writer(database)
    await writer.start()
    await writer.change(lambda change: positions.take(change, HANDLER, start=0))
    shown = handlers.one(database.engine, HANDLER)
    await writer.change(lambda change: positions.release(change, HANDLER))
    await writer.stop()
    return shown is not None and shown.running


def test_one_that_a_process_works_for_is_running_until_it_lets_go(database: Database) -> None:
    assert asyncio.run(_take(database))
    shown = handlers.one(database.engine, HANDLER)
    assert shown
    assert not shown.running
