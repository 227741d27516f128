"""The commands about notifications that could not be read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from receiver.cli.opening import opened
from receiver.cli.showing import Json, as_json, as_table
from receiver.errors import DatabaseInUse, StartError

app = typer.Typer()

SHOWN_OF_A_REASON = 100
"""Characters in the table; `--json` has all of them."""


@app.command()
def quarantine(
    *, limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50, json: Json = False
) -> None:
    """List the notifications that could not be read, the newest first, and why."""
    from receiver import settings
    from receiver.store.views import notifications

    with opened(settings.load()) as database:
        found = notifications.recent(database.engine, "quarantined", limit=limit).data
    if json:
        as_json({"data": [asdict(one) for one in found]})
    elif not found:
        print("all notifications could be read")
    else:
        columns = ("id", "received at", "reason")
        as_table(
            columns, [(one.id, one.received_at, _beginning(one.reason or "")) for one in found]
        )


@app.command()
def reparse(
    notification_id: Annotated[int | None, typer.Argument(metavar="ID")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that could not be read.")] = False,
    json: Json = False,
) -> None:
    """Read a notification again, after an upgrade; what was recorded before stays."""
    if (notification_id is None) is not every:
        raise typer.BadParameter("give the ID of a notification, or --all")
    from receiver import serving, settings
    from receiver.store import reparsing

    with opened(settings.load()) as database:
        try:
            with serving.own(database):
                ids = (
                    [notification_id]
                    if notification_id is not None
                    else reparsing.quarantined(database.engine)
                )
                receipts = [*reparsing.reparse_each(database, ids)]
        except DatabaseInUse as error:
            raise DatabaseInUse(
                f"{error}; or ask the one that runs: POST /api/notifications/{{id}}/reparse"
            ) from None
    if None in receipts:
        raise StartError(f"there is no notification {notification_id}")
    found = [asdict(receipt) for receipt in receipts if receipt]
    if json:
        as_json({"data": found})
    else:
        columns = ("notification_id", "status", "events")
        as_table(columns, [[one[column] for column in columns] for one in found])


def _beginning(reason: str) -> str:
    if len(reason) <= SHOWN_OF_A_REASON:
        return reason
    return f"{reason[: SHOWN_OF_A_REASON - 1]}…"
