"""What a message costs the receiver when little is stored and when much is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.contestants import Contestant
from benchmarks.databases import Database
from benchmarks.rounds import Bench, Round, interleaved


@dataclass(kw_only=True)
class Growth:
    """The rounds of one contestant at each size."""

    contestant: Contestant
    few: int
    many: int
    at_few: list[Round] = field(default_factory=list)
    at_many: list[Round] = field(default_factory=list)
    bytes_per_message: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Filled:
    few: Database
    many: Database


def measure(
    bench: Bench,
    contestants: list[Contestant],
    rounds: int,
    *,
    few: int,
    many: int,
    advance: Callable[[str, int], None],
) -> list[Growth]:
    """Fill databases through the webhook, then measure in turns on copies of the small ones and on
    the large ones as they are; `advance` is told of every step and of the messages it filled in."""
    found = {each.name: Growth(contestant=each, few=few, many=many) for each in contestants}
    filled = {}
    for contestant in contestants:
        filled[contestant.name] = _fill(bench, contestant, few, many, advance)
        size = filled[contestant.name].many.size_bytes()
        found[contestant.name].bytes_per_message = size / many
    for contestant in interleaved(contestants, rounds):
        advance(f"measuring {contestant.name}", 0)
        _measure_both(bench, contestant, filled[contestant.name], found[contestant.name])
    for databases in filled.values():
        databases.few.remove()
        databases.many.remove()
    return list(found.values())


def _fill(
    bench: Bench,
    contestant: Contestant,
    few: int,
    many: int,
    advance: Callable[[str, int], None],
) -> _Filled:
    small = bench.create(contestant)
    step = f"filling {contestant.name}"
    advance(step, 0)
    for stored in bench.fill(contestant, small, few, to_follow=many - few):
        advance(step, stored)
    large = small.copy()
    for stored in bench.fill(contestant, large, many - few):
        advance(step, stored)
    return _Filled(few=small, many=large)


def _measure_both(bench: Bench, contestant: Contestant, filled: _Filled, found: Growth) -> None:
    copy = filled.few.copy()
    found.at_few.append(bench.message_round(contestant, copy, stored=found.few))
    copy.remove()
    stored = filled.many.count("messages")
    found.at_many.append(bench.message_round(contestant, filled.many, stored=stored))
