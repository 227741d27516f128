"""One round: a fresh server on a database, the load, and a count of what was really kept."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from benchmarks import by_hand, generator, payloads
from benchmarks.contestants import Contestant
from benchmarks.cores import Cores
from benchmarks.databases import Database, Databases
from benchmarks.errors import BenchmarkFailed
from benchmarks.load import Kind, Order, Report
from benchmarks.servers import Server

PORTION = 50_000


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
    seconds: float
    warm_up_seconds: float = 0.5
    ack_warm_up_seconds: float = 0.2
    connections: int
    ack_connections: int
    problems: list[str] = field(default_factory=list)
    """What makes figures doubtful; said after the tables."""
    _next_body: int = 0

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
            self._compare(contestant, "messages", database.count("messages") - stored, measured)
        return measured

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
            warm_up_seconds=self.ack_warm_up_seconds,
            seconds=self.seconds,
            core=self.cores.load,
        )
        measured = self._measure(contestant, database, order)
        kept = database.count("acks")
        self._compare(contestant, "acks", kept, measured, kept_each=payloads.ACKS_PER_ARRAY)
        return measured

    def fill_with_sent(
        self, contestant: Contestant, database: Database, messages: int
    ) -> Iterator[int]:
        """Put sent messages into a database, for acks to be about; yields how many came in."""
        if contestant.is_receiver:
            yield from self.fill(contestant, database, messages, kind=Kind.SENT_MESSAGES)
        else:
            by_hand.fill(database.url, messages, datetime.now(UTC))
            yield messages

    def fill(
        self,
        contestant: Contestant,
        database: Database,
        messages: int,
        *,
        kind: Kind = Kind.MESSAGES,
        to_follow: int = 0,
    ) -> Iterator[int]:
        """Put messages into a database through the webhook; yields how many came in.

        Their timestamps are two seconds apart and end now, or with room for those `to_follow`.

        Raises:
            BenchmarkFailed: not every message was stored.
        """
        started_at = int(time.time()) - 2 * (messages + to_follow)
        first = 0 if kind is Kind.SENT_MESSAGES else self._take_numbers(messages)
        with contestant.serving(database, self.cores.server) as server:
            for done in range(0, messages, PORTION):
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
                yield _fill_portion(server, order)
            server.settle()

    def _message_order(self, contestant: Contestant) -> Order:
        per_second = contestant.most_messages_per_second
        count = int(per_second * (self.warm_up_seconds + self.seconds))
        return Order(
            kind=Kind.MESSAGES,
            path=contestant.message_path,
            first=self._take_numbers(count),
            count=count,
            started_at=int(time.time()),
            bodies_per_second=per_second,
            connections=self.connections,
            warm_up_seconds=self.warm_up_seconds,
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


def interleaved(contestants: Sequence[Contestant], rounds: int) -> Iterator[Contestant]:
    """Every contestant once a round, each round beginning with another one."""
    for start in range(rounds):
        for place in range(len(contestants)):
            yield contestants[(start + place) % len(contestants)]


def _fill_portion(server: Server, order: Order) -> int:
    with generator.building(order) as load:
        load.wait_until_built()
        report = load.fire(server.port)
    if report.answered_200 != order.count or report.others:
        raise BenchmarkFailed(
            f"{server.name} was given {order.count:,} messages and answered {report.answers}"
        )
    return order.count
