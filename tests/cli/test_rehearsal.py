"""A handler is run by hand on a stored event, and nothing comes of it unless it is recorded."""

from __future__ import annotations

import json

from receiver.store.database import Database
from tests.bodies import message
from tests.cli.conftest import Shop
from tests.databases import only_sqlite
from tests.store import recorded
from tests.store.owing import HANDLER


def test_it_is_shown_what_would_be_sent_and_kept(shop: Shop, database: Database) -> None:
    recorded.batch(database, message(text="Tea"))
    done = shop("handlers", "run", "--event", "1", HANDLER)
    assert done.code == 0
    assert f"{HANDLER} is done with event 1, message.received" in done.out
    assert "Tea? ours!" in done.out
    assert 'it would keep: {"asked": 1}' in done.out
    assert recorded.count(database, "sends") == recorded.count(database, "handler_states") == 0


def test_it_is_recorded_once_where_that_is_wanted(shop: Shop, database: Database) -> None:
    recorded.batch(database, message(text="Tea"))
    for asked in (1, 2):
        done = shop("handlers", "run", "--event", "1", HANDLER, "--record", "--json")
        shown = json.loads(done.out)
        assert (shown["outcome"], shown["recorded"]) == ("done", True)
        assert shown["state"] == {"asked": asked}
        [sent] = shown["sent"]
        assert (sent["to_number"], sent["message"]) == ("15550100011@c.us", "Tea? ours!")
    assert recorded.count(database, "sends") == 1
    # Nor is anything else done that is the server's.
    assert recorded.count(database, "positions") == 0


@only_sqlite
def test_a_failure_is_told_with_its_place(shop: Shop, database: Database) -> None:
    recorded.batch(database, message(text="broken"))
    done = shop("handlers", "run", "--event", "1", HANDLER)
    assert done.code == 1
    assert f"{HANDLER} failed at event 1: ValueError: no such price" in done.err
    assert json.loads(shop("handlers", "run", "--event", "1", HANDLER, "--json").out)["error"]


@only_sqlite
def test_what_it_does_not_want_is_said(shop: Shop, database: Database) -> None:
    recorded.batch(database, b"{")
    done = shop("handlers", "run", "--event", "1", HANDLER)
    assert done.code == 0
    assert f"{HANDLER} does not want event 1, notification.quarantined" in done.out


@only_sqlite
def test_what_is_not_there_is_said(shop: Shop, database: Database) -> None:
    recorded.batch(database, message())
    assert "there is no event 7" in shop("handlers", "run", "--event", "7", HANDLER).err
    gone = shop("handlers", "run", "--event", "1", "shop.gone")
    assert (gone.code, "loaded: shop.answer, shop.count" in gone.err) == (1, True)
