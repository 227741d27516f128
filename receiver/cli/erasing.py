"""The command that erases a person, whether or not a server runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from receiver.cli.opening import opened
from receiver.cli.showing import Json, as_json, as_table, progress
from receiver.errors import DatabaseInUse, Unsendable

if TYPE_CHECKING:
    from receiver.maytapi.person import Person
    from receiver.store.database import Database
    from receiver.store.erasing import Erased

app = typer.Typer()


@app.command()
def erase(
    who: Annotated[
        str,
        typer.Argument(
            metavar="NUMBER-OR-CHAT-ID", help="A number with its country code, or a chat's id."
        ),
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json: Json = False,
) -> None:
    """Erase a person for good, after asking whether you mean it.

    Their chats, what they wrote in groups, and their number in what others wrote; a chat's id
    erases that chat. What was broken off is finished by running it again.
    """
    if json and not (yes or dry_run):
        raise typer.BadParameter("--json asks nothing: add --yes if you mean it, or --dry-run")
    person = _person(who)
    from receiver import settings
    from receiver.store import erasing

    with opened(settings.load()) as database, _owned(database) as alone:
        if dry_run or not yes:
            with progress("looking") as told:
                found = erasing.count(database, person, told=told)
            if not dry_run:
                typer.confirm(_question(person, found), abort=True, err=True)
        if not dry_run:
            with progress("erasing") as told:
                found = erasing.erase(database, person, told=told)
            left = [*_advice(found), *_remnants(database, alone=alone)]
        else:
            left = _advice(found)
    if json:
        counts = asdict(found)
        as_json({"names": person.chat_ids, "dry_run": dry_run, **counts, "left": left})
    else:
        _show(found)
        print("would be erased" if dry_run else "erased", *left, sep="\n")


def _person(who: str) -> Person:
    from receiver.maytapi.person import Person

    try:
        return Person(who)
    except Unsendable as error:
        raise typer.BadParameter(str(error)) from error


@contextmanager
def _owned(database: Database) -> Iterator[bool]:
    """Hold the SQLite file, if nobody else does; tell whether that is so."""
    from receiver import serving

    with ExitStack() as owning:
        try:
            owning.enter_context(serving.own(database))
        except DatabaseInUse:
            alone = False
        else:
            alone = True
        yield alone


def _show(found: Erased) -> None:
    as_table(
        ("conversations", "messages", "reacted to", "mentions", "events", "notifications"),
        [
            (found.conversations, found.messages, found.reactions, found.mentions, found.events,
             found.notifications)
        ],
    )  # fmt: skip


def _question(person: Person, found: Erased) -> str:
    return (
        f"Erase {person.number or person.chat_id} for good? Messages: {found.messages}, "
        f"notifications: {found.notifications}, mentions by others: {found.mentions}"
    )


def _advice(found: Erased) -> list[str]:
    sentences = [
        f"also known as {name}: erase that, too: receiver erase {name}" for name in found.also
    ]
    sentences += [
        f"the group {group} has the number in its id and stays: receiver erase {group}"
        for group in found.groups
    ]
    if found.unsent:
        sentences.append(
            f"messages to others that name them and are still to be sent: {found.unsent}; run this "
            "once more when they are"
        )
    return sentences


def _remnants(database: Database, *, alone: bool) -> list[str]:
    """Clean the files as far as may be, and say what else may hold copies."""
    from receiver.store import erasing

    elsewhere = "backups, and what handlers have passed on, are yours to clean"
    if database.file is None:
        return [
            "PostgreSQL keeps what was deleted until VACUUM, and in its write-ahead log: both, "
            + elsewhere
        ]
    clean = erasing.scrub(database, alone=alone)
    if alone and clean:
        return [elsewhere]
    if alone:
        unclean = (
            f"{database.file} could not be written anew: run this once more when nothing else has "
            "it open, and the disk has room for a second one"
        )
        return [unclean, elsewhere]
    remnants = (
        f"a receiver has {database.file} open, and the latest events in its memory: stop it and "
        "run this once more, which also writes the file anew"
    )
    return [remnants, elsewhere]
