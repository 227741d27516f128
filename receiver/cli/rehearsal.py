"""Running a handler by hand, on an event that is stored."""

from __future__ import annotations

import asyncio
import json as plain_json
from typing import TYPE_CHECKING, Any

from receiver.cli.showing import as_json, as_table
from receiver.dispatch import loading, rehearsing
from receiver.dispatch.calling import Verdict
from receiver.dispatch.rehearsing import Performance, Rehearsal
from receiver.errors import StartError
from receiver.settings import split
from receiver.store import reading
from receiver.store.watching import Watch
from receiver.store.writer import Writer

if TYPE_CHECKING:
    from receiver.dispatch.routing import Handler
    from receiver.events import Event
    from receiver.settings import Settings
    from receiver.store.database import Database


def run(
    settings: Settings, database: Database, name: str, seq: int, *, records: bool, json: bool
) -> None:
    """Run a handler once and show what it did, or would do.

    Raises:
        StartError: there is no such handler or event, or it failed.
    """
    handler = _handler(settings, name)
    found = database.ask(reading.these, [seq])
    if not found:
        raise StartError(f"there is no event {seq}")
    performance, rehearsal = asyncio.run(
        _perform(database, handler, found[0], records, settings.default_phone)
    )
    _show(handler, found[0], performance, rehearsal, json=json)
    if performance.outcome.verdict is not Verdict.DONE:
        raise StartError(f"{name} failed at event {seq}: {performance.outcome.error}")


async def _perform(
    database: Database, handler: Handler, event: Event, records: bool, phone: str | None
) -> tuple[Performance, Rehearsal]:
    # The watch is not started: what else happens is for the server to see.
    writer, watch = Writer(database), Watch(database)
    rehearsal = Rehearsal(
        database=database, writer=writer, watch=watch, default_phone=phone, records=records
    )
    if not records:
        return await rehearsing.perform(rehearsal, handler, event), rehearsal
    await writer.start()
    try:
        return await rehearsing.perform(rehearsal, handler, event), rehearsal
    finally:
        await writer.stop()


def _handler(settings: Settings, name: str) -> Handler:
    handlers = {handler.name: handler for handler in loading.load(split(settings.handlers))}
    if name not in handlers:
        known = ", ".join(handlers) or "none: RECEIVER_HANDLERS names their Routers"
        raise StartError(f"no handler {name!r} is loaded; loaded: {known}")
    return handlers[name]


def _show(
    handler: Handler, event: Event, performance: Performance, rehearsal: Rehearsal, *, json: bool
) -> None:
    if json:
        as_json(_summary(handler, event, performance, rehearsal))
        return
    if not performance.wanted:
        print(f"{handler.name} does not want event {event.id}, {event.event_type}")
    elif performance.outcome.verdict is Verdict.DONE:
        print(f"{handler.name} is done with event {event.id}, {event.event_type}")
    if rehearsal.noted:
        print("it has queued:" if rehearsal.records else "it would send:")
        as_table(
            ("to", "from", "type", "text"),
            [(m.chat_id, m.phone_id, m.type, m.text) for m in rehearsal.noted.values()],
        )
    if performance.state != performance.before:
        print(f"it {'keeps' if rehearsal.records else 'would keep'}: {_written(performance.state)}")


def _summary(
    handler: Handler, event: Event, performance: Performance, rehearsal: Rehearsal
) -> dict[str, Any]:
    return {
        "handler": handler.name,
        "event": event.id,
        "wanted": performance.wanted,
        "outcome": performance.outcome.verdict.name.lower(),
        "error": performance.outcome.error or None,
        "sent": [{"phone_id": m.phone_id, **m.request} for m in rehearsal.noted.values()],
        "state": performance.state,
        "recorded": rehearsal.records,
    }


def _written(state: dict[str, Any]) -> str:
    return plain_json.dumps(state, ensure_ascii=False)
