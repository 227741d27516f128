"""What is exported is what REST shows, all of it, in files that are whole."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.cli import sheets
from receiver.cli.exporting import Kind
from receiver.store.database import Database
from receiver.store.views.stretches import KINDS
from tests import payloads
from tests.bodies import GROUP, SENT, message
from tests.cli.conftest import Done, Run
from tests.databases import only_sqlite
from tests.processes import Receiver, command, environment
from tests.store import recorded

Export = Callable[..., Done]


@pytest.fixture
def export(run: Run, database_url: str) -> Export:
    """Return a function that exports from a database, on each backend in turn."""

    def export(*arguments: str) -> Done:
        return run("export", *arguments, DATABASE_URL=database_url)

    return export


def lines(text: str) -> list[Any]:
    """Read JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def table(text: str) -> list[dict[str, str]]:
    """Read CSV."""
    return [*csv.DictReader(io.StringIO(text, newline=""))]


def test_what_rest_shows_is_what_is_exported(
    receiver: Receiver, database_url: str, tmp_path: Path
) -> None:
    """For every payload, and beside the server."""
    for name in payloads.NAMES:
        receiver.post(payloads.body(name))
        receiver.post(json.dumps(payloads.load(name), indent=2).encode())
    for body in (b"{", b"\xff\x00 not text"):
        receiver.post(body)
    shown = {kind: receiver.every(f"/{kind}") for kind in KINDS if kind != "events"}
    shown["events"] = receiver.get("/events", limit=200)["data"]
    shown["notifications"] = [
        receiver.get(f"/notifications/{one['id']}") for one in shown["notifications"]
    ]
    for kind, found in shown.items():
        done = command("export", kind, folder=tmp_path, env=environment(database_url))
        assert done.returncode == 0
        number = "seq" if kind == "events" else "id"
        assert lines(done.stdout) == sorted(found, key=lambda one: int(one[number])), kind
        assert len(found) > 3
        sheet = command(
            "export", kind, "--format", "csv", folder=tmp_path, env=environment(database_url)
        )
        assert len(table(sheet.stdout)) == len(found)


def test_every_kind_can_be_exported() -> None:
    assert [*Kind] == [*KINDS]


def test_a_file_is_written_and_how_it_went_is_told(
    export: Export, database: Database, tmp_path: Path
) -> None:
    recorded.each(database, message("3EB0A"), message("3EB0B", chat=GROUP))
    done = export("--to", "out.jsonl")
    assert (done.code, done.out) == (0, "")
    assert done.err == "2 messages exported; what comes later: --after 2\n"
    assert lines((tmp_path / "out.jsonl").read_text()) == recorded.messages(database)
    again = export("--to", "out.jsonl")
    assert (again.code, "--force" in again.err) == (1, True)
    recorded.each(database, message("3EB0C"))
    done = export("--to", "out.jsonl", "--force", "--after", "2", "--json")
    assert json.loads(done.out) == {
        "kind": "messages", "file": "out.jsonl", "exported": 1, "last": 3
    }  # fmt: skip
    assert lines((tmp_path / "out.jsonl").read_text()) == recorded.messages(database)[2:]


@only_sqlite
def test_json_about_an_export_to_the_output_goes_past_it(
    export: Export, database: Database
) -> None:
    recorded.each(database, message())
    done = export("--json")
    assert lines(done.out) == recorded.messages(database)
    assert json.loads(done.err) == {"kind": "messages", "file": None, "exported": 1, "last": 1}


def test_it_is_narrowed_down(export: Export, database: Database) -> None:
    day = 86_400
    recorded.each(
        database, *(message(f"3EB0{n}", at=SENT - SENT % day + n * day) for n in range(3)),
        message("3EB0D", chat=GROUP, at=SENT),
    )  # fmt: skip

    def ids(*arguments: str) -> list[int]:
        return [one["id"] for one in lines(export(*arguments).out)]

    assert ids("--since", "2023-11-15") == [2, 3]
    assert ids("--until", "2023-11-15T01:00:00+01:00") == [1, 4]
    assert ids("--conversation", "1", "--since", "2023-11-15", "--after", "2") == [3]
    assert ids("conversations", "--conversation", "2") == [2]


def test_csv_has_what_can_not_be_calculated(export: Export, database: Database) -> None:
    recorded.each(database, message(text="=1+1", name="@b"), message("3EB0B", text='a,"b"\r\nc'))
    first, second = table(export("--format", "csv").out)
    assert [*first] == [*sheets.COLUMNS["messages"]]
    assert (first["text"], second["text"]) == ("'=1+1", 'a,"b"\r\nc')
    assert first["sent_at"] == "2023-11-14T22:13:20Z"
    [chat] = table(export("conversations", "--format", "csv").out)
    assert (chat["name"], chat["last_message.id"]) == ("'@b", "2")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_who_reads_no_further_hears_nothing(
    database: Database, database_url: str, tmp_path: Path, unbuffered: str
) -> None:
    """As in `receiver export | head`, with more than a pipe holds."""
    recorded.batch(database, *(message(f"3EB0{n}", text="x" * 5_000) for n in range(100)))
    process = subprocess.Popen(
        [sys.executable, "-m", "receiver", "export"],
        cwd=tmp_path, env=environment(database_url) | {"PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    assert json.loads(process.stdout.readline())["id"] == 1
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1
    process.stderr.close()


BREAKS = """
import os, signal
from receiver.cli import main
from receiver.store.views import stretches

def read(*arguments, **options):
    yield next(whole(*arguments, **options))
    {breaks}

whole, stretches.read = stretches.read, read
main()
"""


def broken(
    database_url: str, folder: Path, *arguments: str, breaks: str
) -> subprocess.CompletedProcess[str]:
    """Export until something breaks it off behind the first stretch."""
    program = [sys.executable, "-c", BREAKS.format(breaks=breaks), "export", *arguments]
    return subprocess.run(
        program, cwd=folder, env=environment(database_url), capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@only_sqlite
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_one_that_is_stopped_leaves_nothing(
    database: Database, database_url: str, tmp_path: Path, name: str
) -> None:
    recorded.batch(database, message())
    before = {*tmp_path.iterdir()}
    signalled = f"os.kill(os.getpid(), signal.{name})"
    done = broken(database_url, tmp_path, "--to", "out.jsonl", breaks=signalled)
    assert done.returncode > 0
    assert "Traceback" not in done.stderr
    assert {*tmp_path.iterdir()} <= before | {tmp_path / "receiver.db-wal"}


@only_sqlite
def test_a_database_that_fails_meanwhile_is_told_and_where_to_go_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    recorded.batch(database, message())
    failed = "from receiver.errors import DatabaseFailed; raise DatabaseFailed('it went away')"
    done = broken(database_url, tmp_path, breaks=failed)
    assert (done.returncode, len(lines(done.stdout))) == (1, 1)
    assert done.stderr == (
        "receiver: it went away; go on with --after 1: up to there it is whole\n"
    )
    done = broken(database_url, tmp_path, "--to", "out.jsonl", breaks=failed)
    assert (done.returncode, done.stderr) == (1, "receiver: it went away\n")
    assert not (tmp_path / "out.jsonl").exists()


@only_sqlite
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), 2),
        (("--format", "xml"), 2),
        (("--since", "yesterday"), 2),
        (("--until", "2024-02-30"), 2),
        (("--conversation", "0"), 2),
        (("--conversation", "9" * 19), 2),
        (("--after", "-1"), 2),
        (("notifications", "--conversation", "1"), 2),
        (("--conversation", "7"), 1),
        (("--to", "nowhere/out.jsonl"), 1),
        (("--to", "/dev/null", "--force"), 1),
    ],
)
def test_wrong_use_is_2_and_what_can_not_be_done_is_1(
    export: Export, database: Database, arguments: tuple[str, ...], code: int
) -> None:
    done = export(*arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err


@only_sqlite
def test_what_is_larger_than_a_stretch_is_exported_whole(
    export: Export, database: Database
) -> None:
    recorded.batch(database, *(message(f"3EB0{n}") for n in range(1_001)))
    assert [one["id"] for one in lines(export().out)] == [*range(1, 1_002)]


def test_nothing_is_made_where_there_is_no_database(run: Run, tmp_path: Path) -> None:
    done = run("export", "--to", "out.jsonl")
    assert (done.code, "there is no database" in done.err) == (1, True)
    assert [*tmp_path.iterdir()] == []
