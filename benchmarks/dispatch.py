"""Events a second through handlers that do nothing: ours, and those of others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks import cores
from benchmarks.databases import Databases
from benchmarks.errors import BenchmarkFailed
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


def workers(backends: Sequence[str], aiogram: Path | None) -> list[Worker]:
    """Return who is measured; `aiogram` is an interpreter that has it."""
    found = []
    for backend in backends:
        ours = {"name": f"receiver, {backend}", "backend": backend}
        found += _both(ours, _module("ours"), events=20_000)
    if "postgresql" in backends:
        rivals = (("procrastinate", 2_000), ("pgqueuer, batches of 100", 10_000))
        for name, events in rivals:
            theirs = {"name": name, "backend": "postgresql"}
            found += _both(theirs, _module(f"with_{name.partition(',')[0]}"), events=events)
    if aiogram:
        program = (str(aiogram), str(ROOT / "benchmarks" / "workers" / "with_aiogram.py"))
        found.append(
            Worker(name="aiogram, in memory", program=program, handlers=FEW, events=20_000)
        )
    return found


def measure(
    chosen: Sequence[Worker], databases: Mapping[str, Databases], rounds: int, core: int | None
) -> Iterator[tuple[Worker, float]]:
    """Measure in turns; yields events a second."""
    for start in range(rounds):
        for place in range(len(chosen)):
            worker = chosen[(start + place) % len(chosen)]
            yield worker, _rate(worker, databases, core)


def table(found: Mapping[Worker, Sequence[float]]) -> Table:
    """Events a second, and how many times as fast as each rival we are."""
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
        ratio = f"{ours[worker.handlers] / rate:.1f}" if worker.handlers in ours else "-"
        shown.add_row(
            worker.name,
            str(worker.handlers),
            f"{rate:,.0f}",
            f"{rate * worker.handlers:,.0f}",
            f"{min(rates):,.0f}-{max(rates):,.0f}",
            ratio,
        )
    return shown


def _both(common: Mapping[str, str], program: tuple[str, ...], *, events: int) -> list[Worker]:
    return [
        Worker(**common, program=program, handlers=FEW, events=events),
        Worker(**common, program=program, handlers=MANY, events=events // 5),
    ]


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"benchmarks.workers.{name}")


def _rate(worker: Worker, databases: Mapping[str, Databases], core: int | None) -> float:
    database = databases[worker.backend].create() if worker.backend else None
    try:
        handled = _run(worker, database.url if database else "", core)
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
