"""Fixtures: an installation that is in order, and what the doctor finds in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.conftest import WEBHOOK_TOKEN, Run
from tests.scripted import Maytapi, sample

NO_ACCOUNT = {"MAYTAPI_PRODUCT_ID": "", "MAYTAPI_TOKEN": ""}
KEY = "key-of-the-tests"


class Examined(NamedTuple):
    """What the doctor has found."""

    code: int
    lines: list[dict[str, str]]

    def of(self, check: str) -> list[tuple[str, str]]:
        """Return the verdicts and details of a check."""
        return [(line["verdict"], line["detail"]) for line in self.lines if line["check"] == check]

    def one(self, check: str) -> tuple[str, str]:
        """Return the only finding of a check."""
        [found] = self.of(check)
        return found

    def bad(self) -> set[tuple[str, str]]:
        """Return the checks that found what is not in order, with the verdict."""
        return {(line["check"], line["verdict"]) for line in self.lines if line["verdict"] != "ok"}


Examine = Callable[..., Examined]


@pytest.fixture
def examine(maytapi: Maytapi, run: Run, database_url: str) -> Examine:
    """Return a function that examines an installation, which is in order but for what is given."""
    maytapi.answers(
        "product",
        sample("response-product-seed") | {"webhook": f"https://my.host/webhook/{WEBHOOK_TOKEN}"},
    )
    maytapi.answers("listPhones", sample("response-listPhones"))
    maytapi.answers("config", {"success": True, "status": {}})
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).chmod(0o600)

    def examine(**settings: Any) -> Examined:
        given = {"DATABASE_URL": database_url, "API_KEY": KEY, **settings}
        done = run("doctor", "--json", **given)
        lines = json.loads(done.out)["data"]
        failed = any(line["verdict"] == "failed" for line in lines)
        assert done.code == (1 if failed else 0)
        assert failed == ("not in order" in done.err)
        assert all(": " in line["detail"] for line in lines if line["verdict"] == "warning")
        return Examined(done.code, lines)

    return examine
