"""What commands print: tables for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Protocol, TextIO

import typer

WIDTH_OF_A_PIPE = 2000

Json = Annotated[bool, typer.Option("--json", help="For machines.")]


def as_json(value: Mapping[str, Any], file: TextIO | None = None) -> None:
    """Print an object."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str), file=file)


def as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table whose cells may be anything; what is not there is left empty."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(*(Column(name, overflow="fold") for name in columns), box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(_cell, row))
    # Whoever reads it from a pipe wants a row to be a line.
    Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE).print(table)


class Told(Protocol):
    """Hears how far it has come, of how much, and at what it is now."""

    def __call__(self, done: int = 0, last: int | None = None, *, at: str = "") -> None: ...


@contextmanager
def progress(what: str, *, hidden: bool = False) -> Iterator[Told]:
    """Show to a person how far it has come, and that it goes on."""
    from rich.console import Console
    from rich.progress import Progress

    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, disable=hidden or not screen.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int = 0, last: int | None = None, *, at: str = "") -> None:
            bar.update(task, completed=done, total=last, description=f"{what} {at}".rstrip())

        yield told


def _cell(value: Any) -> Any:
    from rich.text import Text

    match value:
        case Text():
            return value
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            # Not as a string: rich would take square brackets in it for markup.
            return Text(str(value))
