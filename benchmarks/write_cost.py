"""What handlers that do nothing cost the webhook, in the same process and on the same core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from rich.table import Table

from benchmarks.contestants import Contestant, receiver
from benchmarks.rounds import Bench, Round, interleaved

HANDLERS = {"none": "", "one": "benchmarks.handlers:one", "ten": "benchmarks.handlers:ten"}


@dataclass(frozen=True, kw_only=True)
class Load:
    """Whom requests are sent to, and whether as many as it takes or half of that."""

    contestant: Contestant
    is_half: bool


def contestants(backends: Sequence[str]) -> list[Contestant]:
    """Return the receiver with no handler, one and ten."""
    return [
        replace(receiver(backend), name=f"{backend}, {name}", handlers=handlers)
        for backend in backends
        for name, handlers in HANDLERS.items()
    ]


def measure(
    bench: Bench, chosen: Sequence[Contestant], rounds: int
) -> Iterator[tuple[Load, Round]]:
    """Measure all of them saturated, and then at half of what they take without handlers."""
    without: dict[str, list[float]] = {each.backend: [] for each in chosen}
    for contestant in interleaved(chosen, rounds):
        measured = _round(bench, contestant, None)
        if not contestant.handlers:
            without[contestant.backend].append(measured.report.per_second)
        yield Load(contestant=contestant, is_half=False), measured
    for contestant in interleaved(chosen, rounds):
        half = median(without[contestant.backend]) / 2
        yield Load(contestant=contestant, is_half=True), _round(bench, contestant, half)


def table(found: Mapping[Load, Sequence[Round]]) -> Table:
    """Requests a second and their latency, against those without handlers."""
    shown = Table(title="What handlers cost the webhook, in its process", caption="of one core")
    shown.add_column("receiver, handlers")
    for heading in ("load", "req/s", "to none", "p50 ms", "p99 ms", "CPU µs/answer"):
        shown.add_column(heading, justify="right")
    for load, measured in found.items():
        contestant = load.contestant
        none = next(
            rounds
            for other, rounds in found.items()
            if other.is_half == load.is_half
            and other.contestant.backend == contestant.backend
            and not other.contestant.handlers
        )
        shown.add_row(
            contestant.name,
            "half" if load.is_half else "full",
            f"{_rate(measured):,.0f}",
            f"{_rate(measured) / _rate(none):.2f}",
            f"{median(each.report.p50_ms for each in measured):.1f}",
            f"{median(each.report.p99_ms for each in measured):.1f}",
            f"{median(each.cpu_per_answer for each in measured) * 1e6:.0f}",
        )
    return shown


def _rate(measured: Sequence[Round]) -> float:
    return median(each.report.per_second for each in measured)


def _round(bench: Bench, contestant: Contestant, most_per_second: float | None) -> Round:
    database = bench.create(contestant)
    try:
        return bench.message_round(contestant, database, most_per_second=most_per_second)
    finally:
        database.remove()
