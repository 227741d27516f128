"""The load generator, a process of its own: raw HTTP over kept connections, one request in flight
on each.

It speaks in lines of JSON: an `Order` comes in on stdin, `"built"` goes out once every request is
in memory, the port comes in, and a `Report` goes out. No request is built while it measures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import cast

import orjson
import uvloop

from benchmarks import cores, payloads
from benchmarks.errors import BenchmarkFailed

SILENCE_SECONDS = 60.0


class Kind(StrEnum):
    """What the bodies say."""

    MESSAGES = "messages"
    SENT_MESSAGES = "sent messages"
    ACKS = "acks"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to build and how to send it."""

    kind: Kind
    path: str
    first: int
    """The number of the first body."""
    count: int
    """How many bodies there are; the load ends when they run out."""
    acked_messages: int = 0
    """How many sent messages the acks are about."""
    started_at: int
    """The timestamp in the first body, in seconds since 1970."""
    bodies_per_second: float
    """How fast the timestamps advance."""
    connections: int
    warm_up_seconds: float = 0.0
    seconds: float | None = None
    """How long to send after the warm-up; None until the bodies run out."""
    core: int | None = None
    most_per_second: float | None = None
    """How many requests to send a second; None for as many as are answered."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came back; `answers` are of the whole, the rest is of the measured window."""

    seconds: float
    requests: float
    """Answered with 200; one that began before the window or ended after it counts by the part of
    its time inside. With few and long requests it matters."""
    p50_ms: float
    p99_ms: float
    core_share: float
    """The part of its core that the generator used: near 1, it was the bottleneck."""
    answers: dict[str, int]
    """Answers by HTTP status and, after a space, the `status` in their JSON."""
    lost_connections: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def answered_200(self) -> int:
        """Answers 200 in the whole, warm-up and end included."""
        return sum(count for answer, count in self.answers.items() if answer.startswith("200"))

    @property
    def others(self) -> dict[str, int]:
        """Answers that do not say that a new body was stored."""
        fine = ("200", "200 stored")
        return {answer: count for answer, count in self.answers.items() if answer not in fine}


class Load:
    """One run: hands requests to its clients and counts what they bring back."""

    def __init__(self, order: Order, requests: list[bytes]) -> None:
        self.order = order
        self.requests: Iterator[bytes] = iter(requests)
        self.answers: Counter[tuple[int, str]] = Counter()
        self.latencies = array("d")
        self.lost_connections = 0
        self.clients_at_work = order.connections
        self.finished = asyncio.get_running_loop().create_future()
        self._began_at = self._began_cpu = 0.0
        self._ended_at = self._ended_cpu = math.inf
        self._outside = 0.0
        self._next_at = 0.0

    async def run(self, port: int) -> Report:
        """Drive the server on `port` until time or bodies run out and all answers are in."""
        loop = asyncio.get_running_loop()
        clients = []
        for _ in range(self.order.connections):
            _, client = await loop.create_connection(lambda: Client(self), "127.0.0.1", port)
            clients.append(client)
        self._begin()
        if self.order.seconds is not None:
            loop.call_later(self.order.warm_up_seconds, self._begin)
            loop.call_later(self.order.warm_up_seconds + self.order.seconds, self._stop_sending)
        for client in clients:
            client.send()
        await self._until_finished()
        return self._report()

    def next_request(self) -> bytes | None:
        """Hand out a request; None when there are no more, or time is up."""
        request = next(self.requests, None)
        if request is None:
            self._stop_sending()
        return request

    def pause(self) -> float:
        """Return how many seconds a client is to rest before its next request."""
        if self.order.most_per_second is None:
            return 0
        now = time.perf_counter()
        self._next_at = max(self._next_at + 1 / self.order.most_per_second, now)
        return self._next_at - now

    def take(self, status: int, word: str, sent_at: float) -> None:
        """Count an answer."""
        self.answers[status, word] += 1
        if status != 200:
            return
        now = time.perf_counter()
        self.latencies.append(now - sent_at)
        if sent_at < self._began_at or now > self._ended_at:
            inside = min(now, self._ended_at) - max(sent_at, self._began_at)
            self._outside += 1 - inside / (now - sent_at)

    def leave(self) -> None:
        """Take note that a client has nothing more to do."""
        self.clients_at_work -= 1
        if not self.clients_at_work and not self.finished.done():
            self._stop_sending()
            self.finished.set_result(None)

    def fail(self, exc: Exception) -> None:
        """End the run with an error."""
        if not self.finished.done():
            self.finished.set_exception(exc)

    def _begin(self) -> None:
        """Open the window: at the start, and anew when the warm-up is over."""
        if self._ended_at == math.inf:
            self.latencies, self._outside = array("d"), 0.0
            self._began_at, self._began_cpu = time.perf_counter(), time.process_time()

    def _stop_sending(self) -> None:
        """Close the window and hand out no more; clients leave with their next answer."""
        if self._ended_at == math.inf:
            self._ended_at, self._ended_cpu = time.perf_counter(), time.process_time()
            self.requests = iter(())

    async def _until_finished(self) -> None:
        """Wait for the last answer, as long as answers keep coming."""
        answered = -1
        while not self.finished.done():
            if self.answers.total() == answered:
                raise BenchmarkFailed(f"no answer for {SILENCE_SECONDS:.0f} seconds")
            answered = self.answers.total()
            await asyncio.wait([self.finished], timeout=SILENCE_SECONDS)
        self.finished.result()

    def _report(self) -> Report:
        seconds = self._ended_at - self._began_at
        ordered = sorted(self.latencies)
        return Report(
            seconds=seconds,
            requests=len(ordered) - self._outside,
            p50_ms=_percentile(ordered, 0.50) * 1000,
            p99_ms=_percentile(ordered, 0.99) * 1000,
            core_share=(self._ended_cpu - self._began_cpu) / seconds,
            answers={f"{code} {word}".strip(): n for (code, word), n in self.answers.items()},
            lost_connections=self.lost_connections,
        )


class Client(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._received = b""
        self._sent_at = 0.0
        self._at_work = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = cast(asyncio.WriteTransport, transport)

    def send(self) -> None:
        request = self._load.next_request()
        if request is None:
            self._leave()
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            answer = read_answer(self._received)
        except ValueError as exc:
            self._load.fail(BenchmarkFailed(f"can't read the answer {self._received!r}: {exc}"))
            return
        if answer is None:
            return
        self._received = b""
        self._load.take(*answer, self._sent_at)
        if pause := self._load.pause():
            asyncio.get_running_loop().call_later(pause, self.send)
        else:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._at_work:
            self._load.lost_connections += 1
            self._leave()

    def _leave(self) -> None:
        self._at_work = False
        self._load.leave()


def read_answer(received: bytes) -> tuple[int, str] | None:
    """Read the HTTP status and the `status` of the JSON, or None while the answer is incomplete.

    Raises:
        ValueError: not HTTP/1.1, or of unknown length, or not JSON, or more than one answer.
    """
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    status, length = read_head(received[:head_end])
    body = received[head_end + 4 :]
    if len(body) < length:
        return None
    if len(body) > length:
        raise ValueError("longer than its content-length")
    if not length:
        return status, ""
    said = orjson.loads(body)
    return status, str(said.get("status", "")) if isinstance(said, dict) else ""


@lru_cache(maxsize=256)
def read_head(head: bytes) -> tuple[int, int]:
    """Read the HTTP status and the content-length; heads hardly differ, hence the cache.

    Raises:
        ValueError: not HTTP/1.1, or no content-length.
    """
    status_line, *fields = head.split(b"\r\n")
    version, _, rest = status_line.partition(b" ")
    if version != b"HTTP/1.1":
        raise ValueError(f"not HTTP/1.1: {status_line!r}")
    for field in fields:
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            return int(rest[:3]), int(value)
    raise ValueError("without a content-length")


def build_requests(order: Order) -> list[bytes]:
    """Write all requests of an order."""
    head = (
        f"POST {order.path} HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    return [b"%b%d\r\n\r\n%b" % (head, len(body), body) for body in _bodies(order)]


def _bodies(order: Order) -> Iterator[bytes]:
    for place in range(order.count):
        number = order.first + place
        timestamp = order.started_at + int(place / order.bodies_per_second)
        match order.kind:
            case Kind.MESSAGES:
                yield payloads.message(number, timestamp)
            case Kind.SENT_MESSAGES:
                yield payloads.sent_message(number, timestamp)
            case Kind.ACKS:
                yield payloads.ack_array(number, order.acked_messages, timestamp)


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def main() -> int:
    """Build, wait for the port, run, report."""
    said = json.loads(sys.stdin.readline())
    order = Order(**said | {"kind": Kind(said["kind"])})
    cores.pin(0, order.core)
    requests = build_requests(order)
    gc.freeze()
    gc.disable()
    _say("built")
    port = json.loads(sys.stdin.readline())

    async def run() -> Report:
        return await Load(order, requests).run(port)

    try:
        report = uvloop.run(run())
    except (BenchmarkFailed, OSError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    _say(asdict(report))
    return 0


def _say(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
