"""Notifications are read again: what is news is recorded, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.maytapi import notifications
from receiver.maytapi.notifications import Reading
from receiver.maytapi.person import Person
from receiver.store import erasing, reparsing
from receiver.store.changing import Change
from receiver.store.database import Database, open_writer
from receiver.store.recording import Receipt
from tests import payloads
from tests.bodies import PHONE, SENT, ack, acks, event, live, message, status
from tests.store import recorded

SAMPLES = [payloads.body(name) for name in payloads.NAMES]


def reparse(database: Database, notification_id: int) -> Receipt | None:
    with open_writer(database) as connection, connection.begin():
        change = Change(connection, at=recorded.NOW + 1, appends=True)
        receipt = reparsing.reparse(change, notification_id)
        change.finish()
    return receipt


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the parser understand nothing, until it is undone."""
    nothing = Reading(said=[], problems=["not understood yet"])
    monkeypatch.setattr(notifications, "parse", lambda body: nothing)
    return monkeypatch


def test_what_is_understood_by_now_is_recorded(
    database: Database, blind: pytest.MonkeyPatch
) -> None:
    recorded.each(database, *SAMPLES)
    assert recorded.count(database, "messages") == 0
    blind.undo()
    news = [reparse(database, number) for number in range(1, len(SAMPLES) + 1)]
    assert {receipt.status for receipt in news if receipt} == {"stored"}
    again = _state(database)
    assert len(again["events"]) == len(SAMPLES) + sum(one.events for one in news if one)
    assert [*reparsing.quarantined(database.engine)] == []


def test_it_ends_as_if_it_had_been_understood_at_once(
    database: Database, blind: pytest.MonkeyPatch
) -> None:
    recorded.each(database, *SAMPLES)
    blind.undo()
    for number in range(1, len(SAMPLES) + 1):
        reparse(database, number)
    late = _state(database)
    with open_writer(database) as connection:
        recorded.forget_everything(connection)
    recorded.each(database, *SAMPLES)
    at_once = _state(database)
    for table in ("messages", "acks", "conversations"):
        assert late[table] == at_once[table]


def test_what_was_understood_adds_nothing(database: Database) -> None:
    """One sample at a time: they are made of few ids, and say contrary things of the same."""
    states = (
        status("active"),
        live("closed"),
        event("error", PHONE, message="phone not connected"),
    )
    for body in (*SAMPLES, *states, message(), b"{"):
        with open_writer(database) as connection:
            recorded.forget_everything(connection)
        recorded.batch(database, body)
        before = _state(database)
        receipt = reparse(database, 1)
        assert receipt
        assert receipt.events == 0
        assert _state(database) == before


def test_content_that_was_replaced_since_is_no_news(database: Database) -> None:
    recorded.each(database, message(text="old"), message(text="new", at=SENT + 1))
    before = _state(database)
    for number in (1, 2):
        reparse(database, number)
    assert _state(database) == before


def test_what_was_understood_in_part_gains_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = acks(ack("seen", msg_id="a"), ack("seen", msg_id="b"))
    whole = notifications.parse(body)
    half = whole._replace(said=whole.said[:1], problems=["[1]: not understood yet"])
    with monkeypatch.context() as patched:
        patched.setattr(notifications, "parse", lambda body: half)
        recorded.batch(database, body)
    receipt = reparse(database, 1)
    assert receipt == Receipt(status="stored", notification_id=1, events=1)
    assert recorded.count(database, "acks") == 2
    assert [row["reason"] for row in recorded.rows(database, "SELECT * FROM notifications")] == [
        None
    ]


def test_what_is_still_not_understood_stays_where_it_is(database: Database) -> None:
    recorded.batch(database, b"{", message(), b"[[")
    receipt = reparse(database, 3)
    assert receipt == Receipt(status="quarantined", notification_id=3, events=0)
    assert [*reparsing.quarantined(database.engine)] == [1, 3]


def test_what_is_not_there_is_none(database: Database) -> None:
    assert reparse(database, 1) is None


def _state(database: Database) -> dict[str, list[dict[str, Any]]]:
    tables = ("messages", "acks", "reactions", "poll_tallies", "conversations", "events", "phones")
    return {
        table: recorded.rows(database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables
    }


def test_what_was_erased_stays_so(database: Database) -> None:
    recorded.each(database, b"{15550100011")
    erasing.erase(database, Person("15550100011"), rest=lambda seconds: None)
    before = _state(database)
    assert reparse(database, 1) == Receipt(status="stored", notification_id=1, events=0)
    assert _state(database) == before
