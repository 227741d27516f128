"""The fixture for handlers' tests, as pytest finds it in an installation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from receiver import Context, MessageReceived, Router
from receiver.simulator.running import Simulator
from receiver.testing import TestBench, message
from tests.simulator.hook import hook

LIGHT = """
import sys, receiver.testing.plugin
heavy = {"asyncio", "httpx2", "orjson", "sqlmodel", "starlette", "uvicorn"} & {*sys.modules}
print(sorted(heavy))
"""


def test_a_maytapi_runs_beside_the_test(maytapi_simulator: Simulator) -> None:
    with hook() as webhook:
        maytapi_simulator.point_at(webhook.url)
        maytapi_simulator.say("hello")
        maytapi_simulator.settle()
    [body] = webhook.bodies
    assert json.loads(body)["message"]["text"] == "hello"


def test_the_fixture_plays_handlers(receiver_play: Callable[..., TestBench]) -> None:
    router = Router("shop")

    @router.on(MessageReceived)
    async def answer(event: MessageReceived, context: Context) -> None:
        await context.reply("hi")

    assert [sent.text for sent in receiver_play(router, message()).sent] == ["hi"]


def test_the_plugin_imports_nothing_heavy_until_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
