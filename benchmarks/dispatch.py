"""Events a second through handlers that do nothing: ours, and those of others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks import cores
from benchmarks.errors import BenchmarkFailed
from benchmarks.rounds import Bench
from benchmarks.servers import ROOT
from benchmarks.workers import reporting

FEW, MANY = 1, 10
TIMEOUT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A program that handles events, and how many it is given."""

    name: str
    program: tuple[str, ...]
    backend: str = ""
    handlers: int
    events: int


def measure(bench: Bench, backends: Sequence[str], aiogram: Path | None) -> Table:
    """Measure in turns; `aiogram` is an interpreter that has it."""
    chosen = _workers(backends, aiogram)
    found: dict[Worker, list[float]] = {worker: [] for worker in chosen}
    for worker in bench.interleaved("dispatch", chosen):
        found[worker].append(_rate(bench, worker))
    return _table(found)


def _workers(backends: Sequence[str], aiogram: Path | None) -> list[Worker]:
    found = []
    for backend in backends:
        found += _both(f"receiver, {backend}", backend, "ours", events=20_000)
    if "postgresql" in backends:
        found += _both("procrastinate", "postgresql", "with_procrastinate", events=2_000)
        found += _both("pgqueuer, batches of 100", "postgresql", "with_pgqueuer", events=10_000)
    if aiogram:
        program = (str(aiogram), str(ROOT / "benchmarks" / "workers" / "with_aiogram.py"))
        found.append(
            Worker(name="aiogram, in memory", program=program, handlers=FEW, events=20_000)
        )
    return found


def _both(name: str, backend: str, module: str, *, events: int) -> list[Worker]:
    program = (sys.executable, "-m", f"benchmarks.workers.{module}")
    return [
        Worker(name=name, program=program, backend=backend, handlers=handlers, events=each)
        for handlers, each in ((FEW, events), (MANY, events // 5))
    ]


def _table(found: Mapping[Worker, Sequence[float]]) -> Table:
    shown = Table(
        title="Dispatch: events from the store through handlers that do nothing, to settled",
        caption="events/s: each goes through all handlers; ratio: the receiver on PostgreSQL to it",
    )
    shown.add_column("worker")
    for heading in ("handlers", "events/s", "calls/s", "range", "ratio"):
        shown.add_column(heading, justify="right")
    ours = {
        worker.handlers: median(rates)
        for worker, rates in found.items()
        if worker.name == "receiver, postgresql"
    }
    for worker, rates in found.items():
        rate = median(rates)
        shown.add_row(
            worker.name,
            str(worker.handlers),
            f"{rate:,.0f}",
            f"{rate * worker.handlers:,.0f}",
            f"{min(rates):,.0f}-{max(rates):,.0f}",
            f"{ours[worker.handlers] / rate:.1f}" if ours else "-",
        )
    return shown


def _rate(bench: Bench, worker: Worker) -> float:
    database = bench.databases[worker.backend].create() if worker.backend else None
    try:
        handled = _run(worker, database.url if database else "", bench.cores.server)
    finally:
        if database:
            database.remove()
    if handled.calls != worker.events * worker.handlers:
        raise BenchmarkFailed(
            f"{worker.name} made {handled.calls:,} calls for {worker.events:,} events and "
            f"{worker.handlers} handlers"
        )
    return worker.events / handled.seconds


def _run(worker: Worker, url: str, core: int | None) -> reporting.Handled:
    process = subprocess.Popen(
        [*worker.program, url, str(worker.events), str(worker.handlers)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            cores.pin(process.pid, core)
            said, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            process.kill()
    if process.returncode:
        raise BenchmarkFailed(f"{worker.name}: {errors.strip()[-2000:]}")
    return reporting.hear(said)
