"""The webhook does not notice what handlers do."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import bodies
from tests.databases import only_sqlite
from tests.processes import Receiver
from tests.waiting import until

Start = Callable[..., Receiver]

_numbers = itertools.count()


def answer(receiver: Receiver) -> float:
    """Post a message, which must be stored; return how many seconds the answer took."""
    body = bodies.message(f"3EB0{next(_numbers):06}")
    start = time.perf_counter()
    answered = receiver.post(body)
    taken = time.perf_counter() - start
    assert answered.json()["status"] == "stored"
    return taken


@only_sqlite
@pytest.mark.parametrize("router", ["router", "busy"])
def test_a_webhook_is_answered_while_all_handlers_hang(
    start: Start, tmp_path: Path, database_url: str, router: str
) -> None:
    receiver = start(database_url, handlers=f"tests.stuck:{router}")
    answer(receiver)
    until((tmp_path / "blocked").exists)
    assert max(answer(receiver) for _ in range(50)) < 2
    assert receiver.client.get("/livez").status_code == 200
    receiver.process.send_signal(signal.SIGTERM)
    assert receiver.process.wait(10) == 0


@pytest.mark.slow
@only_sqlite
def test_hanging_handlers_make_no_webhook_slower_by_half(
    start: Start, tmp_path: Path, database_url: str
) -> None:
    """Two receivers are asked in turn, so that what else goes on is the same for both."""
    other = tmp_path / "other"
    other.mkdir()
    free = start(f"sqlite:///{other / 'receiver.db'}")
    held = start(database_url, handlers="tests.stuck:router")
    answer(held)
    until((tmp_path / "blocked").exists)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(3_000):
        for receiver, taken in zip((free, held), times, strict=True):
            taken.append(answer(receiver))
    without, beside = (sorted(taken)[int(len(taken) * 0.99)] for taken in times)
    print(f"p99 {without * 1000:.2f} ms without handlers, {beside * 1000:.2f} ms with")  # noqa: T201
    assert beside < 1.5 * without
