"""Fixtures: a scripted Maytapi, and the command line that knows it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from receiver.cli import main
from tests.scripted import Maytapi

TOKEN = "token-of-the-account"
WEBHOOK_TOKEN = "token-of-the-webhook"
HANDLERS = """
from receiver import Context, MessageReceived, Router

router = Router("shop")

@router.on(MessageReceived)
async def answer(event: MessageReceived, context: Context) -> None:
    if event.text == "broken":
        raise ValueError("no such price")
    context.state["asked"] = context.state.get("asked", 0) + 1
    await context.reply(f"{event.text}? ours!")

@router.on(MessageReceived, order="none")
def count(event: MessageReceived) -> None:
    pass
"""


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]
Shop = Callable[..., Done]


@pytest.fixture
def maytapi() -> Iterator[Maytapi]:
    with Maytapi() as server:
        yield server


@pytest.fixture
def run(
    maytapi: Maytapi,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return a function that runs a command with an account that is the scripted one."""
    for name in os.environ:
        if name.startswith("RECEIVER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    account = {
        "MAYTAPI_PRODUCT_ID": "p", "MAYTAPI_TOKEN": TOKEN, "MAYTAPI_BASE_URL": maytapi.url,
        "WEBHOOK_TOKEN": WEBHOOK_TOKEN,
    }  # fmt: skip

    def run(*arguments: str, **settings: Any) -> Done:
        for name, value in {**account, **settings}.items():
            monkeypatch.setenv(f"RECEIVER_{name}", value)
        monkeypatch.setattr(sys, "argv", ["receiver", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        assert "Traceback" not in captured.err
        code = ended.value.code
        assert isinstance(code, int)
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def shop(
    run: Run, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """Return a function that runs a command where `shop.py` has two handlers."""
    (tmp_path / "shop.py").write_text(HANDLERS)
    monkeypatch.syspath_prepend(tmp_path)

    def shop(*arguments: str) -> Done:
        return run(*arguments, DATABASE_URL=database_url, HANDLERS="shop:router")

    yield shop
    sys.modules.pop("shop", None)
