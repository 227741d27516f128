"""The command that tells whether an installation is in order, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from receiver.cli.showing import Json, as_json, as_table, progress
from receiver.errors import StartError

if TYPE_CHECKING:
    from receiver.cli.doctor.findings import Line

app = typer.Typer()


@app.command()
def doctor(*, json: Json = False) -> None:
    """Tell whether all is in order here, and what to do if not; nothing is changed."""
    with progress("looking at") as told:
        from receiver.cli.doctor import examining

        lines = list(examining.examine(lambda check: told(at=check)))
    verdicts = [line.verdict.value for line in lines]
    if json:
        as_json({"data": [line._asdict() for line in lines]})
    else:
        _show(lines)
    if failed := verdicts.count("failed"):
        raise StartError(f"not in order, {failed} failed: the lines above say what to do")
    if not json:
        print("in order, but see the warnings" if "warning" in verdicts else "in order")


def _show(lines: list[Line]) -> None:
    from rich.text import Text

    styles = {"ok": "green", "warning": "yellow", "failed": "bold red"}
    as_table(
        ("", "check", "found"),
        [(Text(verdict, styles[verdict]), check, detail) for check, verdict, detail in lines],
    )
