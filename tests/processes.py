"""The receiver as its users run it: a process, spoken to over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from tests.waiting import NET

TOKEN = "token-of-the-tests"
KEY = "key-of-the-tests"


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """Return an environment with nothing set but what the test wants."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RECEIVER_")}
    return inherited | {
        "RECEIVER_DATABASE_URL": database_url,
        "RECEIVER_WEBHOOK_TOKEN": TOKEN,
        "RECEIVER_API_KEY": KEY,
        "RECEIVER_PORT": "0",
        **{f"RECEIVER_{name.upper()}": value for name, value in settings.items()},
    }


def command(*arguments: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of the receiver to its end."""
    return subprocess.run(
        [sys.executable, "-m", "receiver", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, timeout=NET, check=False,
    )  # fmt: skip


class Receiver:
    """A process of `receiver serve` that is ready, and a client of it."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        settings: dict[str, str] | None = None,
        program: Sequence[str] = ("-m", "receiver", "serve"),
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program],
            cwd=folder,
            env=environment(database_url, **(settings or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.stderr: list[str] = []
        self._ready = threading.Event()
        self._drains = [
            threading.Thread(target=self._drain_errors, daemon=True),
            threading.Thread(target=self._drain_output, daemon=True),
        ]
        self.stdout: list[str] = []
        self.url = ""
        for drain in self._drains:
            drain.start()
        self._ready.wait(NET)
        if not self.url:
            self.kill()
            raise AssertionError("the receiver did not start:\n" + "".join(self.stderr))
        self.client = httpx2.Client(base_url=self.url, timeout=NET)

    def post(self, body: bytes, **headers: str) -> httpx2.Response:
        """Post a body to the webhook."""
        return self.client.post(f"/webhook/{TOKEN}", content=body, headers=headers)

    def get(self, path: str, **parameters: str | int) -> Any:
        """Get a resource of the API, which must be there."""
        answer = self.ask(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def every(self, path: str, **parameters: str | int) -> list[dict[str, Any]]:
        """Get all pages of a list."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(path, limit=200, **parameters)
            found += page["data"]
            if page["next"] is None:
                return found
            parameters["cursor"] = page["next"]

    def ask(self, path: str, **parameters: str | int) -> httpx2.Response:
        """Get a resource of the API, whatever the answer."""
        return self.client.get(
            f"/api{path}", params=parameters, headers={"Authorization": f"Bearer {KEY}"}
        )

    def send(self, path: str, body: Any) -> httpx2.Response:
        """Post to the API, whatever the answer."""
        return self.client.post(
            f"/api{path}", json=body, headers={"Authorization": f"Bearer {KEY}"}
        )

    def stop(self) -> int:
        """Ask the process to stop; return its exit code."""
        self.process.terminate()
        return self._ended(15)

    def kill(self) -> None:
        """End the process without a chance to clean up, and wait for its end."""
        self.process.kill()
        self._ended(NET)

    def _ended(self, seconds: float) -> int:
        code = self.process.wait(seconds)
        for drain in self._drains:
            drain.join(NET)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        if hasattr(self, "client"):
            self.client.close()
        return code

    def _drain_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.stderr.append(line)
            if found := re.search(r"ready (http://\S+)", line):
                self.url = found[1]
                self._ready.set()
        self._ready.set()

    def _drain_output(self) -> None:
        assert self.process.stdout
        self.stdout.extend(self.process.stdout)
