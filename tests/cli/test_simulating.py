"""`receiver simulate`: a Maytapi at hand, or load."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
import typer

from receiver.cli import simulating
from receiver.simulator.faults import Faults
from tests.processes import command, environment
from tests.simulator.hook import hook


def test_it_says_what_to_set_and_answers_until_it_is_stopped(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "receiver", "simulate", "--port", "0", "--chatter", "5"],
        cwd=tmp_path, env=environment(""), stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        url = process.stdout.readline().removeprefix("ready ").strip()
        with urllib.request.urlopen(f"{url}/simulator/ledger", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
    assert process.returncode == 0
    assert f"RECEIVER_MAYTAPI_BASE_URL={url}/api" in output
    assert all(f"RECEIVER_MAYTAPI_{it}=" in output for it in ("PRODUCT_ID", "TOKEN", "PHONE_ID"))
    assert "15550100011  Ada Brown" in output


def _load(tmp_path: Path, url: str) -> subprocess.CompletedProcess[str]:
    arguments = ("simulate", "--rate", "100", "--for", "300ms", "--to", url)
    return command(*arguments, folder=tmp_path, env=environment(""))


def test_load_is_reported_by_answers_and_latencies(tmp_path: Path) -> None:
    with hook() as webhook:
        done = _load(tmp_path, webhook.url)
    assert done.returncode == 0
    assert re.search(r"^sent +30 in ", done.stdout, re.MULTILINE)
    assert re.search(r"^answers +30 stored$", done.stdout, re.MULTILINE)
    assert re.search(r"^latencies +p50 [0-9.]+ ms, p95 .*, p99 .*, max ", done.stdout, re.MULTILINE)
    assert webhook.url not in done.stdout + done.stderr


def test_load_that_nobody_answers_has_no_latencies(tmp_path: Path) -> None:
    done = _load(tmp_path, "http://127.0.0.1:1/hook")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ["answers    30 no answer", "latencies  none"]


def test_load_fails_when_anything_was_not_taken(tmp_path: Path) -> None:
    with hook(503) as webhook:
        done = _load(tmp_path, webhook.url)
    assert done.returncode == 1
    assert "29 stored, 1 503" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--to", "https://example.invalid/hook"],
        ["--rate", "10"],
        ["--rate", "10", "--to", "http://127.0.0.1:1/", "--for", "soon"],
        ["--for", "abc"],
        ["--for", "3s"],
        ["--connections", "3"],
        ["--fault", "nonsense=1"],
        ["--era", "future"],
    ],
)
def test_wrong_use_is_said_so_and_starts_nothing(tmp_path: Path, arguments: list[str]) -> None:
    done = command("simulate", *arguments, folder=tmp_path, env=environment(""))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_what_is_no_url_is_not_taken_for_another_machine(tmp_path: Path) -> None:
    done = command("simulate", "--to", "TOKEN", folder=tmp_path, env=environment(""))
    assert (done.returncode, "--to is no URL" in done.stderr) == (2, True)


def test_a_port_in_use_is_told_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = command("simulate", "--port", port, folder=tmp_path, env=environment(""))
    assert done.stderr == (
        f"receiver: port {port} can't be listened on (Address already in use): "
        "choose another with --port\n"
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("500ms", 0.5), ("2m", 120), ("1.5h", 5400), ("7", 7)]
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert simulating.duration(text) == timedelta(seconds=seconds)


def test_faults_are_read_by_name() -> None:
    assert simulating.faults([]) == Faults()
    read = simulating.faults(["repeated=0.1", "early-acks=1", "slow-calls=2s"])
    assert read == Faults(repeated=0.1, early_acks=1, slow_calls=timedelta(seconds=2))


def test_a_fault_given_after_all_is_as_it_says() -> None:
    slow = timedelta(seconds=1)
    read = simulating.faults(["slow-calls=1s", "all=0.2", "repeated=0"])
    assert (read.repeated, read.reordered, read.slow_calls) == (0, 0.2, slow)


@pytest.mark.parametrize("wrong", ["repeated", "repeated=2", "repeated=-1", "repeated=x", "x=1"])
def test_a_wrong_fault_is_refused(wrong: str) -> None:
    with pytest.raises(typer.BadParameter):
        simulating.faults([wrong])
