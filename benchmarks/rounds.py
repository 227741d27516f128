"""One round: a fresh server on a database, the load, and a count of what was really kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from benchmarks import by_hand, databases, generator, payloads
from benchmarks.contestants import Contestant
from benchmarks.cores import Cores
from benchmarks.databases import Database, Databases
from benchmarks.errors import BenchmarkFailed
from benchmarks.load import Kind, Order, Report

PORTION = 50_000
WARM_UP_SECONDS = 0.5
ACK_WARM_UP_SECONDS = 0.2

Named = TypeVar("Named")


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round showed."""

    report: Report
    idle_bytes: int
    max_bytes: int
    cpu_seconds: float
    """Of the server, from the first request to the last answer."""

    @property
    def cpu_per_answer(self) -> float:
        return self.cpu_seconds / max(sum(self.report.answers.values()), 1)


@dataclass(kw_only=True)
class Bench:
    """The settings that all rounds share, and what must not repeat between them."""

    cores: Cores
    databases: dict[str, Databases]
    rounds: int
    seconds: float
    connections: int
    ack_connections: int
    tell: Callable[[str], object]
    """Is told of every step."""
    problems: list[str] = field(default_factory=list)
    """What makes figures doubtful; said after the tables."""
    _next_body: int = 0

    def interleaved(self, part: str, chosen: Sequence[Named]) -> Iterator[Named]:
        """Return every one once a round, each round beginning with another one."""
        for start in range(self.rounds):
            for place in range(len(chosen)):
                self.tell(f"{part}: {place + 1} of {len(chosen)}, round {start + 1}")
                yield chosen[(start + place) % len(chosen)]

    def create(self, contestant: Contestant) -> Database:
        """Make an empty database of the contestant's kind."""
        return self.databases[contestant.backend].create()

    def message_round(
        self,
        contestant: Contestant,
        database: Database | None,
        stored: int = 0,
        *,
        most_per_second: float | None = None,
    ) -> Round:
        """Measure messages against a database that has `stored`, and count them afterwards."""
        order = replace(self._message_order(contestant), most_per_second=most_per_second)
        measured = self._measure(contestant, database, order)
        if database:
            kept = databases.count(database, "messages") - stored
            self._compare(contestant, "messages", kept, measured)
        return measured

    def empty_round(self, contestant: Contestant, most_per_second: float | None = None) -> Round:
        """Measure messages against an empty database, where the contestant has one."""
        database = self.create(contestant) if contestant.backend else None
        try:
            return self.message_round(contestant, database, most_per_second=most_per_second)
        finally:
            if database:
                database.remove()

    def ack_round(self, contestant: Contestant, database: Database, messages: int) -> Round:
        """Measure arrays of acks about the sent messages in a database, and count them in it."""
        order = Order(
            kind=Kind.ACKS,
            path=contestant.ack_path,
            first=0,
            count=messages * len(payloads.ACK_TYPES) // payloads.ACKS_PER_ARRAY,
            acked_messages=messages,
            started_at=int(time.time()),
            bodies_per_second=1_000,
            connections=self.ack_connections,
            warm_up_seconds=ACK_WARM_UP_SECONDS,
            seconds=self.seconds,
            core=self.cores.load,
        )
        measured = self._measure(contestant, database, order)
        kept = databases.count(database, "acks")
        self._compare(contestant, "acks", kept, measured, kept_each=payloads.ACKS_PER_ARRAY)
        return measured

    def fill_with_sent(self, contestant: Contestant, database: Database, messages: int) -> None:
        """Put sent messages into a database, for acks to be about."""
        if contestant.is_receiver:
            self.fill(contestant, database, messages, kind=Kind.SENT_MESSAGES)
        else:
            by_hand.fill(database.url, messages, datetime.now(UTC))

    def fill(
        self,
        contestant: Contestant,
        database: Database,
        messages: int,
        *,
        kind: Kind = Kind.MESSAGES,
        to_follow: int = 0,
    ) -> None:
        """Put messages into a database through the webhook.

        Their timestamps are two seconds apart and end now, or with room for those `to_follow`.

        Raises:
            BenchmarkFailed: not every message was stored.
        """
        started_at = int(time.time()) - 2 * (messages + to_follow)
        first = 0 if kind is Kind.SENT_MESSAGES else self._take_numbers(messages)
        with contestant.serving(database, self.cores.server) as server:
            for done in range(0, messages, PORTION):
                self.tell(f"filling {contestant.name}: {done:,} of {messages:,}")
                order = Order(
                    kind=kind,
                    path=contestant.message_path,
                    first=first + done,
                    count=min(PORTION, messages - done),
                    started_at=started_at + 2 * done,
                    bodies_per_second=0.5,
                    connections=self.connections,
                    core=self.cores.load,
                )
                _fill_portion(server.port, order)
            server.settle()

    def _message_order(self, contestant: Contestant) -> Order:
        per_second = contestant.most_messages_per_second
        count = int(per_second * (WARM_UP_SECONDS + self.seconds))
        return Order(
            kind=Kind.MESSAGES,
            path=contestant.message_path,
            first=self._take_numbers(count),
            count=count,
            started_at=int(time.time()),
            bodies_per_second=per_second,
            connections=self.connections,
            warm_up_seconds=WARM_UP_SECONDS,
            seconds=self.seconds,
            core=self.cores.load,
        )

    def _take_numbers(self, count: int) -> int:
        first = self._next_body
        self._next_body += count
        return first

    def _measure(self, contestant: Contestant, database: Database | None, order: Order) -> Round:
        with (
            generator.building(order) as load,
            contestant.serving(database, self.cores.server) as server,
        ):
            load.wait_until_built()
            # What earlier rounds left to be written must not be written during this one.
            os.sync()
            with server.watched():
                before = server.cpu_seconds()
                report = load.fire(server.port)
                cpu_seconds = server.cpu_seconds() - before
        return Round(
            report=report,
            idle_bytes=server.idle_bytes,
            max_bytes=server.max_bytes,
            cpu_seconds=cpu_seconds,
        )

    def _compare(
        self, contestant: Contestant, table: str, kept: int, measured: Round, kept_each: int = 1
    ) -> None:
        """Note what doesn't agree: rows with answers 200, answers with what they should say."""
        report = measured.report
        promised = report.answered_200 * kept_each
        if kept != promised:
            self.problems.append(
                f"{contestant.name}: {promised:,} {table} were answered with 200, "
                f"{kept:,} are in the database"
            )
        if report.others or report.lost_connections:
            self.problems.append(
                f"{contestant.name}, {table}: {report.lost_connections} connections lost, "
                f"other answers {report.others}"
            )


def _fill_portion(port: int, order: Order) -> None:
    with generator.building(order) as load:
        load.wait_until_built()
        report = load.fire(port)
    if report.answered_200 != order.count or report.others:
        raise BenchmarkFailed(f"{order.count:,} messages were answered {report.answers}")
