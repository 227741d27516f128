"""What pytest finds by itself where the receiver is installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from receiver import Context, MessageReceived, Router
from receiver.testing import TestBench, message


def test_the_fixture_plays_handlers(receiver_play: Callable[..., TestBench]) -> None:
    router = Router("shop")

    @router.on(MessageReceived)
    async def answer(event: MessageReceived, context: Context) -> None:
        await context.reply("hi")

    assert [sent.text for sent in receiver_play(router, message()).sent] == ["hi"]


def test_a_run_that_uses_none_of_it_carries_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_other():\n"
        "    assert 'receiver.testing.plugin' in sys.modules\n"
        "    heavy = {'sqlalchemy', 'sqlmodel', 'pydantic', 'starlette', 'orjson'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
