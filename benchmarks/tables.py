"""What was measured, as tables for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from rich.table import Table

from benchmarks.contestants import Contestant
from benchmarks.growth import Growth
from benchmarks.payloads import ACKS_PER_ARRAY, MESSAGE_BYTES
from benchmarks.reading import Reading
from benchmarks.rounds import Round

CAPTION = "memory of the server process; load %: how much of its core the load generator used"

Rounds = Mapping[Contestant, Sequence[Round]]


def webhook(rounds: Rounds, *, ceiling: Contestant, floor: Contestant) -> Table:
    """Messages a second, against the bare app and against the one by hand."""
    table = _table(f"Webhook: messages of {MESSAGE_BYTES} bytes, stored before the answer", "req/s")
    table.add_column("to bare", justify="right")
    table.add_column("to by hand", justify="right")
    _add_costs(table)
    for contestant, measured in rounds.items():
        table.add_row(
            contestant.name,
            *_rates(measured),
            _ratio(rounds, contestant, ceiling, "{:.2f}"),
            _ratio(rounds, contestant, floor, "{:.1f}"),
            *_costs(measured),
        )
    return table


def acks(rounds: Rounds, floors: Mapping[Contestant, Contestant]) -> Table:
    """Acks a second, each receiver against the one by hand on the same kind of database."""
    table = _table(f"Acks: arrays of {ACKS_PER_ARRAY} about stored messages", "acks/s")
    table.add_column("to by hand", justify="right")
    _add_costs(table)
    for contestant, measured in rounds.items():
        table.add_row(
            contestant.name,
            *_rates(measured, each=ACKS_PER_ARRAY),
            _ratio(rounds, contestant, floors[contestant], "{:.1f}"),
            *_costs(measured),
        )
    return table


def growth(found: Sequence[Growth]) -> Table:
    """The cost of a message with few and with many stored."""
    table = Table(title="Growth: the cost of one more message")
    table.add_column("server")
    for heading in ("stored", "µs/message", "ratio", "server CPU µs", "p99 ms", "bytes/message"):
        table.add_column(heading, justify="right")
    for each in found:
        few, many = _microseconds(each.at_few), _microseconds(each.at_many)
        name = each.contestant.name
        table.add_row(name, f"{each.few:,}", f"{few:.0f}", "1.00", *_depth(each.at_few), "")
        table.add_row(
            name,
            f"{each.many:,}",
            f"{many:.0f}",
            f"{many / few:.2f}",
            *_depth(each.at_many),
            f"{each.bytes_per_message:,.0f}",
        )
    return table


def reading(found: Sequence[Reading]) -> Table:
    """How long each question takes, by how much is stored."""
    table = Table(title="Reading over HTTP, one question after the other: median ms")
    table.add_column("question")
    for each in found:
        table.add_column(f"{each.backend}\n{each.stored:,}", justify="right")
    for question in found[0].milliseconds:
        table.add_row(question, *(f"{each.median(question):.1f}" for each in found))
    return table


def _table(title: str, unit: str) -> Table:
    table = Table(title=title, caption=CAPTION)
    table.add_column("server")
    table.add_column(unit, justify="right")
    table.add_column("range", justify="right")
    return table


def _add_costs(table: Table) -> None:
    for heading in ("p50 ms", "p99 ms", "idle MB", "max MB", "load %"):
        table.add_column(heading, justify="right")


def _rates(measured: Sequence[Round], each: int = 1) -> tuple[str, str]:
    rates = [found.report.per_second * each for found in measured]
    return f"{median(rates):,.0f}", f"{min(rates):,.0f}-{max(rates):,.0f}"


def _costs(measured: Sequence[Round]) -> tuple[str, ...]:
    return (
        f"{_median(measured, lambda found: found.report.p50_ms):.1f}",
        f"{_median(measured, lambda found: found.report.p99_ms):.1f}",
        f"{_median(measured, lambda found: found.idle_bytes) / 1e6:.0f}",
        f"{max(found.max_bytes for found in measured) / 1e6:.0f}",
        f"{_median(measured, lambda found: found.report.core_share) * 100:.0f}",
    )


def _depth(measured: Sequence[Round]) -> tuple[str, str]:
    return (
        f"{_median(measured, lambda found: found.cpu_per_answer) * 1e6:.0f}",
        f"{_median(measured, lambda found: found.report.p99_ms):.1f}",
    )


def _ratio(rounds: Rounds, one: Contestant, other: Contestant, form: str) -> str:
    if other not in rounds or not (rate := _rate(rounds[other])):
        return "-"
    return form.format(_rate(rounds[one]) / rate)


def _rate(measured: Sequence[Round]) -> float:
    return _median(measured, lambda found: found.report.per_second)


def _microseconds(measured: Sequence[Round]) -> float:
    return 1e6 / _rate(measured)


def _median(measured: Sequence[Round], value: Callable[[Round], float]) -> float:
    return median(map(value, measured))
