"""A person is erased by one command, with or without a server at work; the operator is asked."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from receiver import testing
from receiver.serving import own
from receiver.store.database import Database
from tests import payloads
from tests.bodies import GROUP, message
from tests.cli.conftest import Done, Run
from tests.databases import only_postgresql, only_sqlite
from tests.processes import Receiver, command, environment
from tests.store import leaving, recorded, sends
from tests.store.leaving import CHAT, NUMBER, OTHER, SECRET
from tests.waiting import until

Erase = Callable[..., Done]


@pytest.fixture
def erase(run: Run, database_url: str) -> Erase:
    """Return a function that runs the command on a database."""
    return lambda *arguments: run("erase", *arguments, DATABASE_URL=database_url)


def test_a_person_is_erased_and_others_are_not(erase: Erase, database: Database) -> None:
    leaving.leave(database)
    done = erase("+1 555 010 0077", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "erased" in done.out.splitlines()
    assert "backups" in done.out
    assert leaving.holding(database, NUMBER, SECRET) == []
    assert recorded.count(database, "conversations") > 1


def test_machines_are_told_how_much(erase: Erase, database: Database) -> None:
    recorded.each(database, message(chat=CHAT), message("3EB0B", chat=f"{NUMBER}-15@g.us"))
    would = json.loads(erase(CHAT, "--dry-run", "--json").out)
    assert recorded.count(database, "messages") == 2
    done = json.loads(erase(CHAT, "--yes", "--json").out)
    assert (would.pop("dry_run"), done.pop("dry_run")) == (True, False)
    group = f"{NUMBER}-15@g.us"
    left = f"the group {group} has the number in its id and stays: receiver erase {group}"
    assert (would.pop("left"), done.pop("left")[0]) == ([left], left)
    assert would == done == {
        "names": [CHAT, f"{NUMBER}@s.whatsapp.net"], "conversations": 1, "messages": 1,
        "reactions": 0, "mentions": 0, "events": 1, "notifications": 1, "unsent": 0,
        "groups": [group], "also": [],
    }  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("", 1, 1)])
def test_it_asks_first(
    erase: Erase,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    left: int,
) -> None:
    recorded.each(database, message(chat=CHAT))
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    done = erase(NUMBER)
    assert done.code == code
    assert f"Erase {NUMBER} for good? Messages: 1, notifications: 1," in done.err
    assert recorded.count(database, "messages") == left


@only_sqlite
def test_wrong_use_erases_nothing(erase: Erase, database: Database) -> None:
    recorded.each(database, message(chat=CHAT))
    assert "--yes" in erase(NUMBER, "--json").err
    for wrong in ([NUMBER, "--json"], ["Ada", "--yes"], []):
        assert erase(*wrong).code == 2
    assert recorded.count(database, "messages") == 1


@only_sqlite
def test_one_of_our_own_phones_is_refused(erase: Erase, database: Database) -> None:
    recorded.each(database, payloads.body("message-text-group-fromme"))
    done = erase("15550100001", "--yes")
    assert done.code == 1
    assert "one of our own phones" in done.err


@only_sqlite
def test_what_is_left_to_do_is_said(erase: Erase, database: Database) -> None:
    user = {"id": "100000000000077@lid", "phone": NUMBER}
    recorded.each(database, message(serialized=f"false_{GROUP}_A_1@lid", chat=GROUP, user=user))
    sends.queued(database, f"call {NUMBER}", chat=f"{OTHER}@c.us")
    done = erase(NUMBER, "--dry-run")
    assert "would be erased" in done.out
    assert "receiver erase 100000000000077@lid" in done.out
    assert "are still to be sent: 1; run this once more" in done.out


@only_postgresql
def test_what_postgresql_keeps_is_said(erase: Erase, database: Database) -> None:
    assert "VACUUM" in erase(NUMBER, "--yes").out


@only_sqlite
def test_beside_a_server_it_is_said_what_is_left(erase: Erase, database: Database) -> None:
    recorded.each(database, message(chat=CHAT))
    with own(database):
        done = erase(NUMBER, "--yes")
    assert (done.code, "stop it and run this once more" in done.out) == (0, True)
    assert "stop it" not in erase(NUMBER, "--yes").out


@only_sqlite
def test_a_file_that_somebody_reads_is_said_to_be_unclean(erase: Erase, database: Database) -> None:
    recorded.each(database, message(chat=CHAT))
    with database.engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM messages").scalar_one()
        done = erase(NUMBER, "--yes")
    assert (done.code, "could not be written anew" in done.out) == (0, True)
    assert "written anew" not in erase(NUMBER, "--yes").out


def fill(receiver: Receiver) -> None:
    for body in leaving.bodies():
        assert receiver.post(body).status_code == 200
    for n in range(100):
        said = testing.message(f"{SECRET} {n}", number=NUMBER)
        assert receiver.post(payloads.dump(said)).status_code == 200
        said = testing.message(f"well {n}", number=OTHER)
        assert receiver.post(payloads.dump(said)).status_code == 200
    until(lambda: len(receiver.every("/messages", q=f"{SECRET} 99")) == 1)


def erase_beside(database_url: str, folder: Path) -> str:
    done = command("erase", NUMBER, "--yes", folder=folder, env=environment(database_url))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_is_done_beside_a_running_server(
    receiver: Receiver, database_url: str, database: Database, tmp_path: Path
) -> None:
    fill(receiver)
    before = {one["id"]: one for one in receiver.every("/conversations")}
    out = erase_beside(database_url, tmp_path)
    assert receiver.every("/messages", q=SECRET) == []
    assert receiver.get("/conversations", q=NUMBER)["data"] == []
    after = {one["id"]: one for one in receiver.every("/conversations")}
    [other] = [one for one in after.values() if one["chat_id"] == f"{OTHER}@c.us"]
    assert other == before[other["id"]]
    events = receiver.get("/events", after=0, limit=200)["data"]
    assert [event["seq"] for event in events] == [*range(1, 201)]
    assert NUMBER not in str(events)
    receiver.post(payloads.dump(testing.message("anew", number=NUMBER)))
    [anew] = until(lambda: receiver.every("/messages", q="anew"))
    assert anew["conversation_id"] not in before
    if database.file:
        assert "in its memory" in out


@only_sqlite
def test_no_file_holds_them_beside_a_running_server(
    receiver: Receiver, database_url: str, database: Database, tmp_path: Path
) -> None:
    fill(receiver)
    needles = (NUMBER.encode(), SECRET.encode(), leaving.packed(database))
    database.engine.dispose()
    assert leaving.in_files(tmp_path, *needles) != []
    erase_beside(database_url, tmp_path)
    assert leaving.in_files(tmp_path, *needles) == []


@only_sqlite
def test_one_would_if_nothing_were_overwritten(
    start: Callable[..., Receiver], database_url: str, database: Database, tmp_path: Path
) -> None:
    receiver = start(database_url, ("-m", "tests.controls.keeps_deleted"))
    fill(receiver)
    erase_beside(database_url, tmp_path)
    assert leaving.in_files(tmp_path, NUMBER.encode(), SECRET.encode()) == ["receiver.db"]
    assert receiver.stop() == 0
    erase_beside(database_url, tmp_path)
    assert leaving.in_files(tmp_path, NUMBER.encode(), SECRET.encode()) == []


def test_the_webhook_goes_on_meanwhile(
    receiver: Receiver, database_url: str, database: Database, tmp_path: Path
) -> None:
    fill(receiver)
    with ThreadPoolExecutor(1) as other:
        erasing = other.submit(erase_beside, database_url, tmp_path)
        stored = 0
        while not erasing.done():
            said = testing.message(f"meanwhile {stored}", number=OTHER)
            assert receiver.post(payloads.dump(said)).json()["status"] == "stored"
            stored += 1
        erasing.result()
    until(lambda: len(receiver.every("/messages", q="meanwhile")) == stored)
    assert stored > 3
    assert leaving.holding(database, SECRET) == []
