"""Checks of the database as such: is it there, is it of this version, does it keep what it has."""

from __future__ import annotations

from collections.abc import Iterator

from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, counted, failed, ok, warning
from receiver.store import condition, migrating
from receiver.store.database import CONNECTIONS


def database(case: Case) -> Iterator[Finding]:
    """Find out whether the database answers."""
    case.database.ask(condition.answer)
    yield ok(f"{case.database.name} answers")


def schema(case: Case) -> Iterator[Finding]:
    """Find a schema that is older or newer than this version, or not ours."""
    migrating.check(case.database)
    yield ok("of this version")


def tables(case: Case) -> Iterator[Finding]:
    """Find tables that are missing, or not for us to change."""
    if unusable := case.database.ask(condition.unusable):
        yield failed(
            f"{', '.join(unusable)} missing, or not open to this user",
            "restore a backup"
            if case.database.file
            else "GRANT ALL ON ALL TABLES IN SCHEMA … TO this user, or restore a backup",
        )
    else:
        yield ok("all are there, and can be changed")


def durability(case: Case) -> Iterator[Finding]:
    """Find what lets PostgreSQL lose commits: then 200 would not mean what it should."""
    if case.database.file:
        return
    found = [*_syncing(case), *_unlogged(case)]
    yield from found or [ok("what is committed is on disk")]


def changes(case: Case) -> Iterator[Finding]:
    """Find a PostgreSQL that takes none."""
    if case.database.file:
        return
    if case.database.ask(condition.only_reads):
        yield failed(
            f"{case.database.name} takes no changes, as a standby does",
            "set RECEIVER_DATABASE_URL to the primary, or default_transaction_read_only to off",
        )
    else:
        yield ok("the database takes changes")


def connections(case: Case) -> Iterator[Finding]:
    """Find out whether PostgreSQL has room for a process more."""
    if case.database.file:
        return
    free = case.database.ask(condition.free_connections)
    if free < CONNECTIONS:
        yield warning(
            f"{counted(free, 'connection')} free, and a process takes up to {CONNECTIONS}",
            "raise max_connections (or the limit of the database), or let less use it",
        )
    else:
        yield ok(f"{free} free, and a process takes up to {CONNECTIONS}")


REACH = (database,)
SCHEMA = (schema,)
TABLES = (tables,)
SERVER = (durability, changes, connections)


def _syncing(case: Case) -> Iterator[Finding]:
    if case.database.ask(condition.setting, "fsync") == "off":
        yield failed(
            "fsync is off, so that a power cut loses what was answered 200, or everything",
            "set fsync = on in postgresql.conf and reload PostgreSQL",
        )
    if case.database.ask(condition.setting, "full_page_writes") == "off":
        yield warning(
            "full_page_writes is off, so that a power cut in the middle of a page damages it",
            "set full_page_writes = on, unless the file system itself never writes half a page",
        )
    if case.database.ask(condition.setting, "synchronous_commit") == "off":
        yield warning(
            "synchronous_commit is off; the receiver turns it on for each of its connections, "
            "which a pooler in between may undo",
            "ALTER DATABASE … SET synchronous_commit = on",
        )


def _unlogged(case: Case) -> Iterator[Finding]:
    if tables := case.database.ask(condition.unlogged):
        yield failed(
            f"a crash of PostgreSQL empties {', '.join(tables)}",
            "ALTER TABLE … SET LOGGED, for each",
        )
