"""What takes long keeps nobody else from an answer: a slow disk, an endless array."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest

from tests.bodies import SENT, ack, acks
from tests.controls.slow_disk import SYNC_SECONDS
from tests.crowd import Crowd, Findings, Sent, check
from tests.processes import Receiver
from tests.waiting import until

Start = Callable[..., Receiver]


def test_a_slow_disk_delays_no_probe_and_loses_nothing(
    start: Start, database_url: str, seed: int
) -> None:
    receiver = start(database_url, program=("-m", "tests.controls.slow_disk"))
    with Crowd(seed, [receiver.url]) as crowd:
        waits = probe(receiver, lambda: len(crowd.told) >= 24)
    assert max(waits) < SYNC_SECONDS
    assert crowd.refused == []
    assert check(crowd, database_url) == Findings()


def test_a_loop_that_waits_for_the_disk_is_found(
    start: Start, database_url: str, seed: int
) -> None:
    """The control: probes that wait with everybody else must not pass."""
    receiver = start(database_url, program=("-m", "tests.controls.waits_in_the_loop"))
    with Crowd(seed, [receiver.url], clients=3) as crowd:
        waits = probe(receiver, lambda: len(crowd.told) >= 5)
    assert max(waits) > SYNC_SECONDS


@pytest.mark.parametrize("entries", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_long_array_keeps_nobody_from_an_answer(
    receiver: Receiver, database_url: str, seed: int, entries: int
) -> None:
    body = array(entries)
    with Crowd(seed, [receiver.url]) as crowd, ThreadPoolExecutor() as executor:
        until(lambda: len(crowd.told) >= 50)
        crowd.sent[body] = Sent(status="stored", events=entries)
        began = time.monotonic()
        posted = executor.submit(receiver.post, body)
        waits = probe(receiver, posted.done)
        took = time.monotonic() - began
        crowd.told.append((body, posted.result().json()))
        told = len(crowd.told)
        until(lambda: len(crowd.told) >= told + 50)
    assert posted.result().json()["events"] == entries
    assert median(waits) < took / 5
    assert crowd.refused == []
    assert check(crowd, database_url) == Findings()


def probe(receiver: Receiver, done: Callable[[], bool]) -> list[float]:
    """Ask whether it is alive until something is done; return how long each answer took."""
    waits = []

    def ask() -> bool:
        answer = receiver.client.get("/livez")
        assert answer.status_code == 200
        waits.append(answer.elapsed.total_seconds())
        return done()

    until(ask, within=200)
    return waits


def array(entries: int) -> bytes:
    return acks(*(ack("seen", msg_id=f"LONG{n:X}", at=SENT) for n in range(entries)))
