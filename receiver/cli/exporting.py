"""The command that writes out what is stored, beside a running server or without one."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NamedTuple

import typer

from receiver.cli.opening import opened
from receiver.cli.showing import Json, as_json, progress
from receiver.errors import DatabaseFailed, StartError

if TYPE_CHECKING:
    from receiver.store.database import Database
    from receiver.store.views.stretches import Wanted

app = typer.Typer()

MAX_NUMBER = 10**18 - 1
"""Numbers of ours are smaller; both databases hold it."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Kind(StrEnum):
    """What can be exported."""

    MESSAGES = "messages"
    CONVERSATIONS = "conversations"
    EVENTS = "events"
    NOTIFICATIONS = "notifications"


class Format(StrEnum):
    """How it is written."""

    JSONL = "jsonl"
    CSV = "csv"


class Exported(NamedTuple):
    """How much it was, and the last number that was there: what comes later has higher ones."""

    exported: int
    last: int


def moment(text: str) -> int:
    """Read a time, or a day for its beginning in UTC; return milliseconds since 1970."""
    from pydantic import TypeAdapter, ValidationError

    from receiver.web.parameters import Moment, first_problem

    try:
        given = f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text
        milliseconds: int = TypeAdapter(Moment).validate_python(given)
    except ValidationError as error:
        raise typer.BadParameter(first_problem(error)[1]) from None
    return milliseconds


To = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where to; without it, to the output.", dir_okay=False),
]
Form = Annotated[Format, typer.Option("--format", help="JSON lines, or CSV.")]
Since = Annotated[
    int | None,
    typer.Option(parser=moment, metavar="TIME", help="From then on: RFC 3339, or a day."),
]
Until = Annotated[int | None, typer.Option(parser=moment, metavar="TIME", help="Before then.")]
Conversation = Annotated[
    int | None, typer.Option(min=1, max=MAX_NUMBER, metavar="ID", help="Only what is of this one.")
]
After = Annotated[
    int, typer.Option(min=0, max=MAX_NUMBER, metavar="ID", help="Go on behind this number.")
]


@app.command()
def export(
    kind: Annotated[Kind, typer.Argument(help="What to export.")] = Kind.MESSAGES,
    *,
    to: To = None,
    form: Form = Format.JSONL,
    since: Since = None,
    until: Until = None,
    conversation: Conversation = None,
    after: After = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    json: Json = False,
) -> None:
    """Write out what is stored, as REST shows it, one JSON object a line, oldest first.

    It ends with what was there when it began, and tells the last number, to go on behind it later.
    A file is there when it is whole, readable by its owner alone. CSV has the plain fields, and an
    apostrophe before texts that a spreadsheet would calculate. With --json how it went is told as
    JSON, to stderr where the export itself goes to the output.
    """
    if conversation is not None and kind is Kind.NOTIFICATIONS:
        raise typer.BadParameter("notifications are of no conversation: leave --conversation out")
    from receiver import settings
    from receiver.store.views.stretches import Wanted

    wanted = Wanted(conversation_id=conversation, since=since, until=until)
    with opened(settings.load()) as database:
        _check(database, conversation)
        mixed = to is None and sys.stdout.isatty()
        with _output(to, replaces=force) as file, progress("exporting", hidden=mixed) as told:
            writer = _Writer(file, kind, form)
            exported = _copy(database, wanted, writer, told, after=after, resumable=to is None)
    _tell(kind, to, exported, json=json)


class _Writer:
    """Writes a kind in a format."""

    def __init__(self, file: BinaryIO, kind: Kind, form: Format) -> None:
        from receiver.cli import sheets

        self.kind = kind
        self._file = file
        self._written: Callable[[Any], bytes] = _line
        if form is Format.CSV:
            self._written = lambda view: sheets.rows(kind, [view])
            self._write(sheets.heading(kind))

    def write(self, views: Iterable[Any]) -> int:
        """Write these, so that whoever reads them has them; return how many."""
        count = 0
        for view in views:
            self._write(self._written(view))
            count += 1
        self._file.flush()
        return count

    def _write(self, content: bytes) -> None:
        # Unbuffered, as containers often have it, the output may take a part of what it is given.
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]


def _copy(
    database: Database,
    wanted: Wanted,
    writer: _Writer,
    told: Callable[[int, int], None],
    *,
    after: int,
    resumable: bool,
) -> Exported:
    from receiver.store.views import stretches

    kind = stretches.KINDS[writer.kind]
    count, end = 0, max(after, database.ask(stretches.last, kind))
    try:
        for stretch in stretches.read(database, kind, wanted, after=after, end=end):
            count += writer.write(stretch.views)
            after = stretch.last
            told(after, end)
    except DatabaseFailed as error:
        if not resumable:
            raise
        raise StartError(f"{error}; go on with --after {after}: up to there it is whole") from error
    return Exported(count, end)


def _line(view: Any) -> bytes:
    import orjson

    return orjson.dumps(view, option=orjson.OPT_APPEND_NEWLINE)


def _check(database: Database, conversation: int | None) -> None:
    from receiver.store.views import conversations

    if conversation and conversations.find(database.engine, conversation) is None:
        raise StartError(
            f"there is no conversation {conversation}: `receiver export conversations` has them all"
        )


def _output(to: Path | None, *, replaces: bool) -> AbstractContextManager[BinaryIO]:
    from receiver.cli.placing import placed

    return _stdout() if to is None else placed(to, replaces=replaces)


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer


def _tell(kind: Kind, to: Path | None, exported: Exported, *, json: bool) -> None:
    """Tell how it went, past what was exported."""
    if json:
        told = {"kind": kind, "file": to and str(to), **exported._asdict()}
        as_json(told, file=sys.stdout if to else sys.stderr)
    else:
        print(
            f"{exported.exported} {kind} exported; what comes later: --after {exported.last}",
            file=sys.stderr,
        )
