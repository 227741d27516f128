"""`python -m benchmarks`: measures in interleaved rounds, prints medians as ratios."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from benchmarks import (
    contestants,
    cores,
    databases,
    dispatch,
    growth,
    reading,
    tables,
    write_cost,
)
from benchmarks.contestants import Contestant
from benchmarks.databases import Databases
from benchmarks.errors import BenchmarkFailed
from benchmarks.rounds import Bench, Round, interleaved

PARTS = ("webhook", "acks", "dispatch", "cost", "growth", "reading")
SERVERS = ("bare", "sqlite", "postgresql", "by-hand")
FEW_MESSAGES = 10_000
SIZES_READ = (10_000, 100_000)
TIMES_READ = 50
FILE_WIDTH = 120


def main() -> int:
    """Measure what was asked for; 1 if something failed or the figures are doubtful."""
    options = _parse(sys.argv[1:])
    console = Console()
    if not console.is_terminal:
        console = Console(width=FILE_WIDTH)
    try:
        with ExitStack() as stack:
            problems = _measure(options, console, stack)
    except BenchmarkFailed as exc:
        console.print(f"failed: {exc}", style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; servers are stopped, scratch databases removed")
        return 130
    for problem in dict.fromkeys(problems):
        console.print(f"doubtful: {problem}", style="red", markup=False, highlight=False)
    return 1 if problems else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each time")
    parser.add_argument("--connections", type=int, default=64, help="kept open, for messages")
    parser.add_argument("--ack-connections", type=int, default=16, help="the same, for acks")
    parser.add_argument(
        "--acked-messages", type=int, default=60_000, help="stored before their acks come"
    )
    parser.add_argument(
        "--growth", action="store_true", help="also measure with many messages stored (minutes)"
    )
    parser.add_argument("--many", type=int, default=1_000_000, help="how many they are")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS + SERVERS, default=[], help="leave out the others"
    )
    parser.add_argument(
        "--postgres", metavar="URL", help="an administrator's URL; else one is started"
    )
    parser.add_argument(
        "--aiogram", type=Path, metavar="PYTHON", help="an interpreter that has it, to compare with"
    )
    parser.add_argument(
        "--folder", type=Path, help="where databases are made, on the disk to be measured"
    )
    return parser.parse_args(arguments)


def _measure(options: argparse.Namespace, console: Console, stack: ExitStack) -> list[str]:
    temporary = tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.folder)
    folder = Path(stack.enter_context(temporary)).resolve()
    places: dict[str, Databases] = {"sqlite": databases.SQLiteDatabases(folder)}
    if _wants(options, SERVERS, "postgresql"):
        places["postgresql"] = stack.enter_context(databases.postgresql(options.postgres, folder))
    bench = Bench(
        cores=cores.choose(),
        databases=places,
        seconds=options.seconds,
        connections=options.connections,
        ack_connections=options.ack_connections,
    )
    _describe(console, options, bench, folder)
    if _wants(options, PARTS, "webhook"):
        _webhook(options, console, bench)
    if _wants(options, PARTS, "acks"):
        _acks(options, console, bench)
    if _wants(options, PARTS, "dispatch"):
        _dispatch(options, console, bench)
    if _wants(options, PARTS, "cost"):
        _cost(options, console, bench)
    if options.growth or "growth" in options.only:
        _growth(options, console, bench)
    if "reading" in options.only:
        _reading(options, console, bench)
    return bench.problems


def _webhook(options: argparse.Namespace, console: Console, bench: Bench) -> None:
    ceiling, floor = contestants.bare(), contestants.by_hand("sqlite")
    field = {
        "bare": ceiling,
        "sqlite": contestants.receiver("sqlite"),
        "postgresql": contestants.receiver("postgresql"),
        "by-hand": floor,
    }
    chosen = [each for key, each in field.items() if _wants(options, SERVERS, key)]
    found: dict[Contestant, list[Round]] = {each: [] for each in chosen}
    with _progress(console) as progress:
        task = progress.add_task("webhook", total=options.rounds * len(chosen))
        for contestant in interleaved(chosen, options.rounds):
            progress.update(task, description=f"webhook: {contestant.name}")
            database = bench.create(contestant) if contestant.backend else None
            found[contestant].append(bench.message_round(contestant, database))
            if database:
                database.remove()
            progress.advance(task)
    console.print(tables.webhook(found, ceiling=ceiling, floor=floor))


def _acks(options: argparse.Namespace, console: Console, bench: Bench) -> None:
    floors = {}
    for backend in bench.databases:
        floor = contestants.by_hand(backend)
        if _wants(options, SERVERS, backend):
            floors[contestants.receiver(backend)] = floor
        if _wants(options, SERVERS, "by-hand"):
            floors[floor] = floor
    if not floors:
        return
    found: dict[Contestant, list[Round]] = {each: [] for each in floors}
    messages = options.acked_messages
    with _progress(console) as progress:
        stocks = {contestant: bench.create(contestant) for contestant in floors}
        for contestant in floors:
            task = progress.add_task(f"filling {contestant.name}", total=messages)
            for stored in bench.fill_with_sent(contestant, stocks[contestant], messages):
                progress.advance(task, stored)
        task = progress.add_task("acks", total=options.rounds * len(floors))
        for contestant in interleaved(list(floors), options.rounds):
            progress.update(task, description=f"acks: {contestant.name}")
            database = stocks[contestant].copy()
            found[contestant].append(bench.ack_round(contestant, database, messages))
            database.remove()
            progress.advance(task)
    for stock in stocks.values():
        stock.remove()
    console.print(tables.acks(found, floors))


def _dispatch(options: argparse.Namespace, console: Console, bench: Bench) -> None:
    backends = [each for each in bench.databases if _wants(options, SERVERS, each)]
    chosen = dispatch.workers(backends, options.aiogram)
    found: dict[dispatch.Worker, list[float]] = {each: [] for each in chosen}
    with _progress(console) as progress:
        task = progress.add_task("dispatch", total=options.rounds * len(chosen))
        rounds = dispatch.measure(chosen, bench.databases, options.rounds, bench.cores.server)
        for worker, rate in rounds:
            found[worker].append(rate)
            progress.update(task, description=f"dispatch: {worker.name}", advance=1)
    console.print(dispatch.table(found))


def _cost(options: argparse.Namespace, console: Console, bench: Bench) -> None:
    backends = [each for each in bench.databases if _wants(options, SERVERS, each)]
    chosen = write_cost.contestants(backends)
    found: dict[write_cost.Load, list[Round]] = {}
    with _progress(console) as progress:
        task = progress.add_task("cost of handlers", total=2 * options.rounds * len(chosen))
        for load, measured in write_cost.measure(bench, chosen, options.rounds):
            found.setdefault(load, []).append(measured)
            progress.update(task, description=f"{load.contestant.name}", advance=1)
    console.print(write_cost.table(found))


def _growth(options: argparse.Namespace, console: Console, bench: Bench) -> None:
    backends = [each for each in bench.databases if _wants(options, SERVERS, each)]
    chosen = [contestants.receiver(backend) for backend in backends]
    if not chosen:
        return
    with _progress(console) as progress:
        task = progress.add_task("growth", total=options.many * len(chosen))

        def advance(step: str, messages: int) -> None:
            progress.update(task, description=step, advance=messages)

        found = growth.measure(
            bench, chosen, options.rounds, few=FEW_MESSAGES, many=options.many, advance=advance
        )
    console.print(tables.growth(found))


def _reading(options: argparse.Namespace, console: Console, bench: Bench) -> None:
    backends = [each for each in bench.databases if _wants(options, SERVERS, each)]
    sizes = [size for size in SIZES_READ if size < options.many] + [options.many]
    with _progress(console) as progress:
        task = progress.add_task("reading", total=2 * len(backends) * len(sizes))

        def advance(step: str) -> None:
            progress.update(task, description=step, advance=1)

        found = reading.measure(bench, backends, sizes, times=TIMES_READ, advance=advance)
    console.print(tables.reading(found))


def _wants(options: argparse.Namespace, among: Sequence[str], name: str) -> bool:
    """Whether `--only` lets the name pass, as one of its kind."""
    named = [each for each in options.only if each in among]
    return not named or name in named


def _describe(console: Console, options: argparse.Namespace, bench: Bench, folder: Path) -> None:
    pinned = bench.cores.server is not None
    places = "server and load pinned to a core each" if pinned else "nothing pinned: one core"
    lines = [
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {places}",
        f"{options.rounds} interleaved rounds of {options.seconds:g} s, medians",
        f"{options.connections} connections for messages, {options.ack_connections} for acks",
        f"a synced write of 4 KB takes {_sync_microseconds(folder):,.0f} µs here",
    ]
    if server := bench.databases.get("postgresql"):
        assert isinstance(server, databases.PostgreSQLDatabases)
        lines.append(f"PostgreSQL {server.version()}, not pinned")
    console.print("\n".join(lines), highlight=False)


def _sync_microseconds(folder: Path) -> float:
    """The median of some synced writes to the folder's disk, which decides much of the rest."""
    page, taken = b"\0" * 4096, []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(page)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return median(taken) * 1e6


def _progress(console: Console) -> Progress:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


if __name__ == "__main__":
    sys.exit(main())
