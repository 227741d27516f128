"""The probes: alive whatever happens, ready when the next notification would be stored."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from receiver.web import probes
from tests import databases, payloads
from tests.databases import only_sqlite
from tests.processes import Receiver
from tests.waiting import until
from tests.web.asking import assert_problem

PROMISED = timedelta(seconds=2)


def test_both_probes_are_ok_without_a_key(client: TestClient) -> None:
    for path in ("/livez", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["content-type"] == "application/json"


def test_it_is_alive_but_not_ready_while_writes_are_blocked(
    client: TestClient, database_url: str
) -> None:
    with databases.blocked(database_url):
        for _ in range(2):
            answer = client.get("/readyz")
            assert_problem(answer, 503)
            assert answer.elapsed < PROMISED
            assert client.get("/livez").status_code == 200
    answer = until(lambda: client.get("/readyz"))
    assert answer.status_code == 200


def test_a_database_that_refuses_is_not_ready_until_it_takes_again(
    receiver: Receiver, database_url: str
) -> None:
    databases.change(database_url, "ALTER TABLE heads RENAME TO gone")
    assert_problem(receiver.client.get("/readyz"), 503)
    assert receiver.client.get("/livez").status_code == 200
    databases.change(database_url, "ALTER TABLE gone RENAME TO heads")
    until(lambda: receiver.client.get("/readyz").status_code == 200)
    assert receiver.post(payloads.body("message-text-dm")).json()["status"] == "stored"


def test_all_who_ask_at_once_or_soon_share_a_commit(
    client: TestClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers may ask, and a commit is not for nothing."""
    monkeypatch.setattr(probes, "KEPT", timedelta(hours=1))
    until(lambda: client.get("/readyz").status_code == 200)
    with databases.blocked(database_url):
        assert client.get("/readyz").status_code == 200


@only_sqlite
def test_the_image_is_healthy_while_the_receiver_lives(receiver: Receiver) -> None:
    dockerfile = Path(__file__).parents[2] / "Dockerfile"
    [found] = re.findall(r"HEALTHCHECK CMD (.*)", dockerfile.read_text())
    _, *arguments = json.loads(found)

    def asked() -> int:
        environment = {"RECEIVER_PORT": str(receiver.client.base_url.port)}
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, capture_output=True).returncode

    assert asked() == 0
    receiver.kill()
    assert asked() == 1


def test_probing_leaves_nothing_behind(client: TestClient, database_url: str) -> None:
    before = databases.ask(database_url, "SELECT * FROM heads")
    assert client.get("/readyz").status_code == 200
    assert databases.ask(database_url, "SELECT * FROM heads") == before
    assert databases.notifications(database_url) == []


@only_sqlite
def test_a_stopped_receiver_is_not_ready(client: TestClient) -> None:
    client.__exit__()
    assert_problem(client.get("/readyz"), 503)


@only_sqlite
def test_probes_are_asked_and_not_told(client: TestClient) -> None:
    for path in ("/livez", "/readyz"):
        answer = client.post(path)
        assert_problem(answer, 405)
        assert "GET" in answer.headers["allow"]
