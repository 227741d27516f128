"""`python -m benchmarks`: measures in interleaved rounds, prints medians as ratios."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import contestants, cores, databases, dispatch, reading, writing
from benchmarks.databases import Databases
from benchmarks.errors import BenchmarkFailed
from benchmarks.rounds import Bench

PARTS = ("webhook", "acks", "dispatch", "cost", "growth", "reading")
SERVERS = ("bare", "sqlite", "postgresql", "by-hand")
FEW_MESSAGES = 10_000
SIZES_READ = (10_000, 100_000)
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
        rounds=options.rounds,
        seconds=options.seconds,
        connections=options.connections,
        ack_connections=options.ack_connections,
        tell=stack.enter_context(console.status("")).update,
    )
    _describe(console, options, bench, folder)
    for table in _parts(options, bench):
        console.print(table)
    return bench.problems


def _parts(options: argparse.Namespace, bench: Bench) -> Iterator[Table]:
    backends = [each for each in bench.databases if _wants(options, SERVERS, each)]
    bare, by_hand = contestants.bare(), contestants.by_hand("sqlite")
    receivers = [contestants.receiver(each) for each in backends]
    with_by_hand = _wants(options, SERVERS, "by-hand")
    if _wants(options, PARTS, "webhook"):
        field = [bare] if _wants(options, SERVERS, "bare") else []
        field += [*receivers, *([by_hand] if with_by_hand else [])]
        yield writing.webhook(bench, field, bare.name, by_hand.name)
    if _wants(options, PARTS, "acks") and (backends or with_by_hand):
        theirs = [contestants.by_hand(each) for each in bench.databases if with_by_hand]
        yield writing.acks(bench, [*receivers, *theirs], options.acked_messages)
    if _wants(options, PARTS, "dispatch"):
        yield dispatch.measure(bench, backends, options.aiogram)
    if backends and _wants(options, PARTS, "cost"):
        yield writing.cost(bench, backends)
    if backends and (options.growth or "growth" in options.only):
        yield writing.growth(bench, backends, FEW_MESSAGES, options.many)
    if backends and "reading" in options.only:
        sizes = [size for size in SIZES_READ if size < options.many] + [options.many]
        yield reading.measure(bench, backends, sizes)


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
    server = bench.databases.get("postgresql")
    if isinstance(server, databases.PostgreSQLDatabases):
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


if __name__ == "__main__":
    sys.exit(main())
