"""The API does what its description says, no more: schemathesis, with all of its checks."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from receiver.app import create_app
from receiver.settings import Settings
from receiver.store.database import Database
from receiver.web.guard import guarded
from tests import payloads
from tests.databases import only_sqlite
from tests.processes import KEY, TOKEN
from tests.waiting import until
from tests.web.asking import BEARER

CONFIGURATION = f"""
[parameters]
"path.token" = "{TOKEN}"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "5xx"]
"""
"""422 is for what no schema can tell: a phone that is not named, a key that was used before."""

CASES = 4
"""For each operation, besides those that the description itself suggests."""


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """Return the address of an API with something in it, whose streams end as they begin."""
    app = create_app(Settings(webhook_token=TOKEN, api_key=KEY), database)
    app.end_streams()
    with served(app) as address:
        for name in payloads.NAMES:
            httpx2.post(f"{address}/webhook/{TOKEN}", content=payloads.body(name))
        httpx2.post(f"{address}/webhook/{TOKEN}", content=b"\xff{")
        yield address


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an application from a thread."""
    config = uvicorn.Config(app, port=0, http=guarded(), lifespan="on", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


def document(url: str) -> Any:
    return httpx2.get(f"{url}/api/openapi.json", headers=BEARER).json()


def notified(url: str) -> int:
    """Return the number of the last notification."""
    return int(httpx2.get(f"{url}/api/notifications", headers=BEARER).json()["data"][0]["id"])


def run(url: str, described: Any, folder: Path, *arguments: str) -> str:
    """Return what is found out about a description; nothing when it is true."""
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    file = folder / "openapi.json"
    file.write_text(json.dumps(described))
    ended = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", str(file), "--url", url,
            "--checks", "all", "--max-examples", str(CASES), "--no-color", *arguments,
        ],
        cwd=folder, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert f"Tested: {len(operations(described))}" in ended.stdout, ended.stdout + ended.stderr
    return ended.stdout if ended.returncode else ""


def operations(described: Any) -> list[Any]:
    return [one for methods in described["paths"].values() for one in methods.values()]


def test_what_is_described_is_what_it_does(url: str, tmp_path: Path) -> None:
    key = ("--header", f"Authorization: Bearer {KEY}")
    before = notified(url)
    assert run(url, document(url), tmp_path, *key) == ""
    assert notified(url) > before  # the webhook took what no schema bounds


@only_sqlite
def test_it_is_so_without_a_key_too(url: str, tmp_path: Path) -> None:
    assert run(url, document(url), tmp_path) == ""


@only_sqlite
def test_a_description_that_promises_more_would_be_found_out(url: str, tmp_path: Path) -> None:
    """The control."""
    described = document(url)
    taken = described["paths"]["/api/messages"]["get"]["parameters"]
    [limit] = [one for one in taken if one["name"] == "limit"]
    limit["schema"]["maximum"] = 100_000
    key = ("--header", f"Authorization: Bearer {KEY}")
    assert "GET /api/messages" in run(url, described, tmp_path, *key)
