"""What could not be read is listed, and read again after an upgrade."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from receiver.maytapi import notifications
from receiver.maytapi.notifications import Reading
from receiver.serving import own
from receiver.store import database as databases
from receiver.store import migrating
from receiver.store.database import Database
from tests.bodies import message
from tests.cli.conftest import Run
from tests.store import recorded


@pytest.fixture
def here(tmp_path: Path) -> Database:
    """Return the database in the folder where commands run."""
    database = databases.connect(f"sqlite:///{tmp_path / 'receiver.db'}")
    migrating.migrate(database)
    return database


def test_the_quarantined_are_listed_with_the_reason(run: Run, here: Database) -> None:
    recorded.batch(here, b"{", message(), b"[[")
    done = run("quarantine")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines() if "not JSON" in line] == ["3", "1"]
    [newest] = json.loads(run("quarantine", "--json", "--limit", "1").out)["data"]
    assert (newest["id"], newest["status"]) == (3, "quarantined")


def test_it_is_said_when_all_could_be_read(run: Run, here: Database) -> None:
    recorded.batch(here, message())
    assert run("quarantine").out == "all notifications could be read\n"


def test_a_long_reason_does_not_make_the_table_wide(run: Run, here: Database) -> None:
    recorded.batch(here, b'{"type": "ack", "data": [' + b"1," * 40 + b"2]}")
    [one] = json.loads(run("quarantine", "--json").out)["data"]
    assert len(one["reason"]) > 200
    out = run("quarantine").out
    assert one["reason"][:90] in out
    assert max(map(len, out.splitlines())) < 150


def test_they_are_read_again_one_or_all(
    run: Run, here: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as blind:
        nothing = Reading(said=[], problems=["not understood yet"])
        blind.setattr(notifications, "parse", lambda body: nothing)
        recorded.batch(here, message("3EB0A"), message("3EB0B"), message("3EB0C"))
    [one] = json.loads(run("reparse", "2", "--json").out)["data"]
    assert one == {"status": "stored", "notification_id": 2, "events": 1}
    assert run("reparse", "--all").out.count("stored") == 2
    assert recorded.count(here, "messages") == 3
    assert json.loads(run("quarantine", "--json").out)["data"] == []


def test_what_can_not_be_is_said(run: Run, here: Database) -> None:
    assert run("reparse").code == 2
    assert run("reparse", "1", "--all").code == 2
    missing = run("reparse", "7")
    assert (missing.code, missing.err) == (1, "receiver: there is no notification 7\n")


def test_a_running_receiver_is_to_be_asked(run: Run, here: Database) -> None:
    recorded.batch(here, b"{")
    with own(here):
        done = run("reparse", "1")
    assert done.code == 1
    assert "POST /api/notifications/{id}/reparse" in done.err


def test_no_database_is_made_where_there_is_none(run: Run, tmp_path: Path) -> None:
    for command in (["quarantine"], ["reparse", "1"]):
        done = run(*command)
        assert (done.code, "there is no database" in done.err) == (1, True)
    assert list(tmp_path.glob("receiver.db*")) == []
