"""Going through a list to its end, and looking at how a question is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from receiver.store.database import Database
from receiver.store.views.shapes import Cursor, Page, View


def every_page(turn: Callable[[Cursor | None], Page[View]]) -> list[Page[View]]:
    """Return all pages of a list."""
    pages = [turn(None)]
    while at := pages[-1].next:
        pages.append(turn(cursor(at)))
    return pages


def cursor(written: str) -> Cursor:
    """Return the place that a cursor names."""
    at, id = written.split(".")
    return Cursor(int(at), int(id))


def plans(database: Database, ask: Callable[[], object]) -> str:
    """Return how the database finds the rows of the lists that are asked for meanwhile.

    On PostgreSQL sequential scans are not to be had, so that a small table shows what a large one
    would: whether there is an index at all.
    """
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    ask()
    event.remove(database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if database.file else "EXPLAIN"
    with database.engine.connect() as connection:
        if not database.file:
            for kind in ("seqscan", "bitmapscan", "sort"):
                connection.exec_driver_sql(f"SET LOCAL enable_{kind} = off")
        return "\n".join(
            str(row[-1] if database.file else row[0])
            for statement, parameters in asked
            if any(word in statement for word in (" LIMIT ", " BETWEEN ", "_words"))
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
        )
