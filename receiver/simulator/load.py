"""A simulated account as load: its notifications, all different, at a steady rate.

Latencies count from the moment at which a notification was due, not from when a connection was
free for it: a server that is slow for a second is slow for all that was due in it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

import orjson

from receiver.simulator import chatter, sending
from receiver.simulator.options import Options
from receiver.simulator.posting import Courier, Reply
from receiver.simulator.simulation import Simulation

CONNECTIONS = 32

UNANSWERED = "no answer"

_SOMEBODY_SENDS = 0.3
"""The share of moments in which one of our phones sends; the acks come of that."""


@dataclass(kw_only=True)
class Report:
    """What was sent, and what was said to it."""

    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    """By the `status` in a 200, and by the HTTP status of any other answer."""
    latencies: list[timedelta] = field(default_factory=list)
    """Of all that was answered."""
    refused: int = 0
    """Not answered 200, or not at all."""

    @property
    def sent(self) -> int:
        return self.answers.total()

    @property
    def per_second(self) -> float:
        return self.sent / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> timedelta:
        """Return the latency that this share of the answers did not exceed."""
        ordered = sorted(self.latencies) or [timedelta(0)]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def bodies(options: Options, *, start: datetime, every: timedelta) -> Iterator[bytes]:
    """Make notifications without end: messages of all types, and arrays of acks."""
    simulation = Simulation(options, start)
    phones = [*simulation.world.phones.values()]
    people = [*simulation.world.people.values()]
    life, now = simulation.life, start
    while True:
        now += every
        for notification in simulation.advance(now):
            for _ in notification.itinerary:
                yield notification.body
        phone = life.choice(phones)
        if life.random() < _SOMEBODY_SENDS:
            request = {"to_number": life.choice(people).number, "skip_filter": True}
            sending.send(simulation, phone, request | {"type": "text", "message": "On its way"})
        else:
            chatter.anybody(simulation, phone=phone)


async def drive(
    url: str,
    source: Iterator[bytes],
    *,
    rate: float,
    duration: timedelta,
    connections: int = CONNECTIONS,
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Post what comes from the source, so many a second for so long; then report."""
    loop = asyncio.get_running_loop()
    courier, report, began = Courier(), Report(), loop.time()
    due = iter(range(int(rate * duration.total_seconds())))

    async def post_on() -> None:
        for number in due:
            at = began + number / rate
            await asyncio.sleep(at - loop.time())
            reply = await courier.post(url, next(source))
            _count(report, reply, timedelta(seconds=loop.time() - at))
            progress(report)

    try:
        await asyncio.gather(*(post_on() for _ in range(connections)))
    finally:
        await courier.close()
    report.seconds = loop.time() - began
    return report


def word_of(status: int, body: bytes) -> str:
    """Return what an answer is counted as: a receiver's own word, or else the HTTP status."""
    if status == HTTPStatus.OK:
        with suppress(orjson.JSONDecodeError):
            match orjson.loads(body):
                case {"status": word}:
                    return str(word)
    return str(status)


def _count(report: Report, reply: Reply, latency: timedelta) -> None:
    report.refused += reply.status != HTTPStatus.OK
    if reply.status is None:
        report.answers[UNANSWERED] += 1
        return
    report.latencies.append(latency)
    report.answers[word_of(reply.status, reply.body)] += 1
