"""Notifications at a steady rate."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import islice, repeat

import pytest

from receiver.maytapi.notifications import parse
from receiver.simulator import load
from receiver.simulator.faults import Faults
from receiver.simulator.load import Report
from receiver.simulator.options import Era, Options
from tests.simulator.acting import HOOK, START
from tests.simulator.hook import hook

EVERY = timedelta(milliseconds=5)


@pytest.mark.parametrize("era", list(Era))
def test_bodies_are_all_different_and_can_be_read(era: Era) -> None:
    options = Options(era=era, webhook=HOOK)
    bodies = [*islice(load.bodies(options, start=START, every=EVERY), 3000)]
    assert len({*bodies}) == 3000
    readings = [parse(body) for body in bodies]
    assert [reading.problems for reading in readings if reading.problems] == []
    kinds = {type(said).__name__ for reading in readings for said in reading.said}
    assert kinds >= {"Message", "Ack"}


def test_repeats_are_repeated_where_they_are_wanted() -> None:
    options = Options(webhook=HOOK, faults=Faults(repeated=1))
    one, again = islice(load.bodies(options, start=START, every=EVERY), 2)
    assert one == again


def _drive(url: str, *, rate: float = 1000, count: int = 20) -> Report:
    source = repeat(b"{}")
    duration = timedelta(seconds=count / rate)
    return asyncio.run(load.drive(url, source, rate=rate, duration=duration, connections=4))


def test_as_many_are_posted_as_the_rate_says() -> None:
    with hook() as webhook:
        report = _drive(webhook.url, count=50)
    assert len(webhook.bodies) == report.sent == 50
    assert report.answers == {"stored": 50}
    assert report.refused == 0


def test_they_are_posted_no_sooner_than_they_are_due() -> None:
    with hook() as webhook:
        report = _drive(webhook.url, rate=100, count=20)
    assert report.seconds >= 0.19
    assert report.per_second < 110


def test_what_is_not_answered_200_is_counted_by_its_status() -> None:
    with hook(503, 404, 503) as webhook:
        report = _drive(webhook.url, count=10)
    assert report.answers == {"stored": 7, "503": 2, "404": 1}
    assert report.refused == 3


def test_silence_is_counted_and_has_no_latency() -> None:
    report = _drive("http://127.0.0.1:1/", count=5)
    assert report.answers == {load.UNANSWERED: 5}
    assert (report.refused, report.latencies) == (5, [])
    assert report.percentile(0.99) == timedelta(0)


@pytest.mark.parametrize(
    ("body", "word"), [(b'{"status": "duplicate"}', "duplicate"), (b"OK", "200"), (b"[]", "200")]
)
def test_an_answer_is_counted_by_what_it_says(body: bytes, word: str) -> None:
    assert load.word_of(200, body) == word


def test_percentiles_are_of_all_answers() -> None:
    report = Report(latencies=[timedelta(milliseconds=number) for number in range(100, 0, -1)])
    shares = (0.0, 0.5, 0.99, 1.0)
    milliseconds = [report.percentile(share) / timedelta(milliseconds=1) for share in shares]
    assert milliseconds == [1, 51, 100, 100]


def test_progress_is_shown_on_the_way() -> None:
    seen: list[int] = []
    with hook() as webhook:
        asyncio.run(
            load.drive(
                webhook.url,
                repeat(b"{}"),
                rate=1000,
                duration=timedelta(milliseconds=5),
                connections=1,
                progress=lambda report: seen.append(report.sent),
            )
        )
    assert seen == [1, 2, 3, 4, 5]


def test_nothing_sent_is_no_rate() -> None:
    assert Report().per_second == 0
