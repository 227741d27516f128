"""What the webhook takes: beside others, with handlers, and with much stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from rich.table import Table

from benchmarks import databases
from benchmarks.contestants import Contestant, by_hand, receiver
from benchmarks.payloads import ACKS_PER_ARRAY, MESSAGE_BYTES
from benchmarks.rounds import Bench, Round

ROUTERS = {"no": "", "one": "benchmarks.handlers:one", "ten": "benchmarks.handlers:ten"}
CAPTION = (
    "CPU for an answer, memory idle-most: of the server; load %: of its core, by the generator"
)

Against = Mapping[str, Mapping[str, str]]
"""By the heading of a ratio, whom each is compared with."""


def webhook(bench: Bench, chosen: Sequence[Contestant], ceiling: str, floor: str) -> Table:
    """Measure messages against empty databases."""
    found = defaultdict(list)
    for contestant in bench.interleaved("webhook", chosen):
        found[contestant.name].append(bench.empty_round(contestant))
    against = {
        "to bare": dict.fromkeys(found, ceiling),
        "to by hand": dict.fromkeys(found, floor),
    }
    title = f"Webhook: messages of {MESSAGE_BYTES} bytes, stored before the answer"
    return _table(title, found, against)


def acks(bench: Bench, chosen: Sequence[Contestant], messages: int) -> Table:
    """Measure arrays of acks about stored messages, each time from the same state."""
    stocks = {contestant: bench.create(contestant) for contestant in chosen}
    for contestant, stock in stocks.items():
        bench.fill_with_sent(contestant, stock, messages)
    found = defaultdict(list)
    for contestant in bench.interleaved("acks", chosen):
        database = stocks[contestant].copy()
        found[contestant.name].append(bench.ack_round(contestant, database, messages))
        database.remove()
    for stock in stocks.values():
        stock.remove()
    floors = {contestant.name: by_hand(contestant.backend).name for contestant in chosen}
    title = f"Acks: arrays of {ACKS_PER_ARRAY} about stored messages"
    return _table(title, found, {"to by hand": floors}, each=ACKS_PER_ARRAY)


def cost(bench: Bench, backends: Iterable[str]) -> Table:
    """Measure what handlers that do nothing cost, saturated and at half of that."""
    found = defaultdict(list)
    chosen = [
        replace(receiver(backend, handlers), name=f"{backend}, {number} handlers")
        for backend in backends
        for number, handlers in ROUTERS.items()
    ]
    none = {each.backend: each.name for each in chosen if not each.handlers}
    for contestant in bench.interleaved("cost of handlers", chosen):
        found[contestant.name].append(bench.empty_round(contestant))
    half = {backend: _rate(found[name]) / 2 for backend, name in none.items()}
    for contestant in bench.interleaved("cost of handlers, half the load", chosen):
        measured = bench.empty_round(contestant, half[contestant.backend])
        found[f"{contestant.name}, half"].append(measured)
    against = {each.name: none[each.backend] for each in chosen}
    against |= {f"{name}, half": f"{other}, half" for name, other in against.items()}
    return _table("What handlers cost the webhook, in its process", found, {"to none": against})


def growth(bench: Bench, backends: Iterable[str], few: int, many: int) -> Table:
    """Measure with few and with many messages stored, on copies of the small databases and on the
    large ones as they are."""
    found = defaultdict(list)
    chosen = [receiver(backend) for backend in backends]
    small = {contestant: bench.create(contestant) for contestant in chosen}
    large = {}
    for contestant, database in small.items():
        bench.fill(contestant, database, few, to_follow=many - few)
        large[contestant] = database.copy()
        bench.fill(contestant, large[contestant], many - few)
    for contestant in bench.interleaved("growth", chosen):
        copy = small[contestant].copy()
        found[_stored(contestant, few)].append(bench.message_round(contestant, copy, few))
        copy.remove()
        stored = databases.count(large[contestant], "messages")
        measured = bench.message_round(contestant, large[contestant], stored)
        found[_stored(contestant, many)].append(measured)
    for database in (*small.values(), *large.values()):
        database.remove()
    against = {_stored(each, size): _stored(each, few) for each in chosen for size in (few, many)}
    return _table("Growth: one more message, with few and many stored", found, {"to few": against})


def _stored(contestant: Contestant, messages: int) -> str:
    return f"{contestant.name}, {messages:,}"


def _table(
    title: str, found: Mapping[str, Sequence[Round]], against: Against, *, each: int = 1
) -> Table:
    """Show medians; `each` is how many things a request tells."""
    table = Table(title=title, caption=CAPTION)
    table.add_column("server")
    costs = ("p50 ms", "p99 ms", "CPU µs", "MB", "load %")
    for heading in ("a second", "range", *against, *costs):
        table.add_column(heading, justify="right")
    for name, measured in found.items():
        rates = [one.report.per_second * each for one in measured]
        table.add_row(
            name,
            f"{median(rates):,.0f}",
            f"{min(rates):,.0f}-{max(rates):,.0f}",
            *(_ratio(measured, found.get(others[name])) for others in against.values()),
            f"{_median(measured, lambda one: one.report.p50_ms):.1f}",
            f"{_median(measured, lambda one: one.report.p99_ms):.1f}",
            f"{_median(measured, lambda one: one.cpu_per_answer) * 1e6:.0f}",
            f"{_median(measured, lambda one: one.idle_bytes) / 1e6:.0f}-"
            f"{max(one.max_bytes for one in measured) / 1e6:.0f}",
            f"{_median(measured, lambda one: one.report.core_share) * 100:.0f}",
        )
    return table


def _ratio(one: Sequence[Round], other: Sequence[Round] | None) -> str:
    """Compare within each round, because the machine may be faster in one than in the next."""
    if not other or not all(each.report.per_second for each in other):
        return "-"
    pairs = zip(one, other, strict=True)
    return f"{median(a.report.per_second / b.report.per_second for a, b in pairs):.2f}"


def _rate(measured: Sequence[Round]) -> float:
    return _median(measured, lambda one: one.report.per_second)


def _median(measured: Sequence[Round], value: Callable[[Round], float]) -> float:
    return median(map(value, measured))
