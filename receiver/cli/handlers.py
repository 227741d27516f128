"""The commands that operate handlers: on the database itself, whether or not a server runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from receiver.cli.opening import opened
from receiver.cli.showing import Json, as_json, as_table, progress
from receiver.errors import BadHandler

if TYPE_CHECKING:
    from receiver.settings import Settings
    from receiver.store.database import Database
    from receiver.store.operating import Known
    from receiver.store.views.retries import RetryView

app = typer.Typer()
group = typer.Typer(invoke_without_command=True, help="See the handlers, or run one by hand.")
app.add_typer(group, name="handlers")

Name = Annotated[str, typer.Argument(metavar="HANDLER", help="The name of a handler.")]
MOST_SHOWN = 200
"""Dead events of each handler in the list."""


@group.callback()
def handlers(context: typer.Context, *, json: Json = False) -> None:
    """See the handlers: how far each has come, and how much it owes."""
    if context.invoked_subcommand:
        return
    from receiver.store.views import handlers

    with _ready() as (settings, database):
        found = handlers.every(database.engine, _loaded(settings)).data
    if json:
        as_json({"data": [asdict(one) for one in found]})
    elif not found:
        print("no handler has run yet: RECEIVER_HANDLERS names their Routers to `receiver serve`")
    else:
        columns = ("handler", "position", "lag", "waiting", "parked", "dead", "state")
        as_table(
            columns,
            [
                (one.name, one.position, one.lag, one.waiting, one.parked, one.dead, _state(one))
                for one in found
            ],
        )


@app.command()
def dead(handler: Name = "", *, json: Json = False) -> None:
    """List the events that were given up, of one handler or of all."""
    from receiver.errors import UnknownHandler
    from receiver.store.views import handlers, retries

    with _ready() as (_settings, database):
        every = handlers.every(database.engine).data
        if handler and handler not in [one.name for one in every]:
            raise UnknownHandler(handler)
        asked = [one for one in every if handler in ("", one.name)]
        found: list[RetryView] = []
        for one in asked:
            found += retries.owed(database.engine, one.name, "dead", limit=MOST_SHOWN).data
    total = sum(one.dead for one in asked)
    if json:
        as_json({"data": [asdict(one) for one in found], "total": total})
    elif found:
        _show_dead(found, total)
    else:
        print("no event is dead")


@app.command()
def retry(
    handler: Name,
    seq: Annotated[list[int] | None, typer.Argument(help="Events that it owes.")] = None,
    *,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="Every dead one.")] = False,
    json: Json = False,
) -> None:
    """Let events be tried again at once, dead ones with all of their tries."""
    from receiver.store import operating

    if bool(seq) == all_dead:
        raise typer.BadParameter("name the events to be tried again, or give --all-dead")
    with _ready() as (settings, database):
        known = _known(settings, handler)
        if all_dead:
            count = operating.revive_all(database, handler, known)
        else:
            count = _retry_each(database, handler, seq or [], known)
        _tell_owed(database, handler, count, "to be tried again", json=json)


@app.command()
def replay(
    handler: Name,
    *,
    first: Annotated[int, typer.Option("--from", min=0, help="The seq of the first event.")],
    last: Annotated[int | None, typer.Option("--to", min=0, help="And of the last.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
    json: Json = False,
) -> None:
    """Let a handler get a stretch of the journal again; without --to, all that it has had."""
    from receiver.store import operating

    if last is not None and last < first:
        raise typer.BadParameter("--to is before --from")
    with _ready() as (settings, database), progress("replaying") as told:
        replayed = operating.replay_all(
            database, handler, first, last, _known(settings, handler), dry_run=dry_run, told=told
        )
    stretch = f"events {replayed.first} to {replayed.last}"
    if json:
        as_json({**replayed._asdict(), "dry_run": dry_run})
    elif dry_run:
        print(f"{handler} would get {replayed.events} of {stretch} again")
    else:
        print(f"{handler} gets {replayed.events} of {stretch} again")


@app.command()
def pause(handler: Name, *, json: Json = False) -> None:
    """Let a handler rest: what it runs is finished, and what comes is kept for it."""
    _rest(handler, paused=True, json=json)


@app.command()
def resume(handler: Name, *, json: Json = False) -> None:
    """Let a handler that rests go on."""
    _rest(handler, paused=False, json=json)


@group.command()
def run(
    handler: Name,
    *,
    event: Annotated[int, typer.Option("--event", help="The seq of a stored event.")],
    record: Annotated[
        bool, typer.Option("--record", help="Queue what it sends, and keep its state.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a handler once on a stored event, and show what it would send; nothing is recorded."""
    from receiver.cli import rehearsal

    with _ready() as (settings, database):
        rehearsal.run(settings, database, handler, event, records=record, json=json)


@contextmanager
def _ready() -> Iterator[tuple[Settings, Database]]:
    from receiver import settings as settings_module

    settings = settings_module.load()
    with opened(settings) as database:
        yield settings, database


def _loaded(settings: Settings) -> Mapping[str, Known] | None:
    """Return the handlers whose code is here, or None, and say why, where it can't be loaded."""
    from receiver.dispatch import loading, sending
    from receiver.settings import split

    try:
        theirs = loading.known(loading.load(split(settings.handlers)))
    except BadHandler as error:
        print(f"receiver: the handlers' code is not known here: {error}", file=sys.stderr)
        return None
    return {sending.NAME: sending.KNOWN, **theirs}


def _known(settings: Settings, handler: str) -> Known:
    from receiver.store.operating import Known

    return (_loaded(settings) or {}).get(handler, Known())


def _show_dead(found: list[RetryView], total: int) -> None:
    as_table(
        ("handler", "seq", "event", "conversation", "tries", "given up", "error"),
        [
            (one.handler, one.seq, one.type, one.conversation_id, one.attempts, one.due_at,
             one.error)
            for one in found
        ],
    )  # fmt: skip
    if total > len(found):
        print(f"and {total - len(found)} more, which REST shows in pages")


def _state(one: Any) -> str:
    words = [
        word
        for word, holds in (
            ("paused", one.paused), ("running", one.running), ("orphaned", one.orphaned)
        )
        if holds
    ]  # fmt: skip
    return ", ".join(words) or "stopped"


def _retry_each(database: Database, handler: str, numbers: list[int], known: Known) -> int:
    from receiver.store import operating

    for seq in numbers:
        job = partial(operating.retry, handler=handler, seq=seq, known=known)
        operating.change(database, job)
    return len(numbers)


def _rest(handler: str, *, paused: bool, json: bool) -> None:
    from receiver.store import operating

    with _ready() as (_settings, database):
        operating.change(database, partial(operating.rest, handler=handler, paused=paused))
    if json:
        as_json({"handler": handler, "paused": paused})
    else:
        print(f"{handler} {'rests' if paused else 'goes on'} within a second, where it runs")


def _tell_owed(database: Database, handler: str, count: int, what: str, *, json: bool) -> None:
    from receiver.store.views import handlers

    if json:
        as_json({"handler": handler, "events": count})
        return
    shown = handlers.one(database.engine, handler)
    when = "" if shown and shown.running else ", once a process works for it: `receiver serve`"
    print(f"{count} {'event' if count == 1 else 'events'} of {handler} {what}{when}")
