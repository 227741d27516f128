"""What is stored and waits for somebody: dead events, quarantine, sends, a late index."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.store import positions
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.retries import State
from tests.cli.doctor.conftest import NO_ACCOUNT, Examine
from tests.store import recorded
from tests.store.owing import HANDLER, come, owe, tell


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a single event be far."""
    monkeypatch.setattr("receiver.cli.doctor.contents.FAR_BEHIND", 1)


def test_what_came_is_told(examine: Examine, database: Database) -> None:
    assert examine().one("received") == ("ok", "no notification yet")
    tell(database, "a", "b")
    assert examine().one("received") == (
        "ok", "2 notifications, the last one at 2027-01-15T08:00:00Z",
    )  # fmt: skip


def test_what_could_not_be_read_is_counted(examine: Examine, database: Database) -> None:
    tell(database, "a")
    assert examine().one("quarantine")[0] == "ok"
    recorded.batch(database, b"\xff{")
    verdict, detail = examine().one("quarantine")
    assert verdict == "warning"
    assert detail.startswith("1 notification could not be read: `receiver quarantine`")


def test_dead_events_are_found(examine: Examine, database: Database) -> None:
    tell(database, "a", "b")
    come(database, 2)
    owe(database, (1, State.WAITING))
    assert "has given up" not in str(examine().of("owed"))
    owe(database, (2, State.DEAD))
    told = {detail.partition(",")[0]: verdict for verdict, detail in examine().of("owed")}
    assert told[f"{HANDLER} has given up 1 event: `receiver dead {HANDLER}` tells why"] == "warning"


def test_what_is_owed_by_code_that_is_gone_is_found(examine: Examine, database: Database) -> None:
    tell(database, "a", "b")
    come(database, 2)
    assert examine().one("owed")[0] == "ok"  # somebody took it out, and it owes nothing
    owe(database, (1, State.WAITING), (2, State.PARKED))
    verdict, detail = examine().one("owed")
    assert verdict == "warning"
    assert detail.startswith(f"{HANDLER} owes 2 events, and its code is not there: ")


def test_a_paused_handler_is_found(examine: Examine, database: Database, shop: Any) -> None:
    tell(database, "a", "b")
    come(database, 1)
    assert examine(HANDLERS="shop:router").one("owed")[0] == "ok"
    shop("pause", HANDLER)
    assert examine(HANDLERS="shop:router").of("owed") == [
        ("warning", f"{HANDLER} is paused, 1 event behind: `receiver resume {HANDLER}`")
    ]


@pytest.mark.usefixtures("few", "shop")
def test_a_handler_far_behind_is_found(examine: Examine, database: Database) -> None:
    tell(database, "a", "b")
    come(database, 1)
    assert examine(HANDLERS="shop:router").one("owed")[0] == "ok"
    come(database, 0)
    verdict, detail = examine(HANDLERS="shop:router").one("owed")
    assert verdict == "warning"
    assert detail.startswith(f"{HANDLER} is 2 events behind: no process works for it")
    with open_writer(database) as connection:
        with connection.begin():
            positions.take(Change(connection, at=0, appends=False), HANDLER, start=0)
        assert "whether it catches up" in examine(HANDLERS="shop:router").one("owed")[1]


@pytest.mark.usefixtures("few")
def test_the_sender_is_behind_only_where_there_is_an_account(
    examine: Examine, database: Database
) -> None:
    tell(database, "a", "b")
    come(database, 0, handler="sender")
    assert examine().one("owed")[1].startswith("sender is 2 events behind")
    assert examine(**NO_ACCOUNT).one("owed")[0] == "ok"


def test_code_that_can_not_be_loaded_makes_no_orphans(examine: Examine, database: Database) -> None:
    tell(database, "a")
    come(database, 1)
    owe(database, (1, State.WAITING))
    examined = examine(HANDLERS="nothing:here")
    assert examined.bad() == {("handlers", "failed")}


def test_sends_that_may_have_been_made_are_found(examine: Examine, database: Database) -> None:
    tell(database, "a")
    assert examine().one("sends") == ("ok", "0 messages queued, none with an unknown outcome")
    recorded.change(database, "UPDATE messages SET status = 'unknown'")
    verdict, detail = examine().one("sends")
    assert verdict == "warning"
    assert detail.startswith("nobody knows whether 1 message went out: ")


def test_messages_that_nobody_sends_are_found(examine: Examine, database: Database) -> None:
    tell(database, "a")
    recorded.change(database, "UPDATE messages SET status = 'queued'")
    assert examine().one("sends")[0] == "ok"
    verdict, detail = examine(**NO_ACCOUNT).one("sends")
    assert verdict == "warning"
    assert detail.startswith("1 message queued, and no account")


@pytest.mark.usefixtures("few")
def test_an_index_that_is_late_is_found(examine: Examine, database: Database) -> None:
    tell(database, "a", "b")
    assert examine().one("search index")[0] == "warning"
    recorded.index(database)
    assert examine().one("search index") == ("ok", "0 events behind")
