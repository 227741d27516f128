"""The inbox: what one hands to the other, from the commit to the handler, and a calm end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from receiver import Context, MessageReceived, Router
from receiver.errors import NotStored, Stopping
from receiver.inbox import Inbox
from receiver.store import database as databases
from receiver.store.database import Database
from tests import bodies
from tests.store import recorded

FIRST = bodies.message("3EB01", text="first")


def test_what_is_recorded_reaches_the_handler_at_once(database: Database) -> None:
    seen = threading.Event()
    router = Router("bot")

    @router.on(MessageReceived)
    async def reply(event: MessageReceived, context: Context) -> None:
        await context.reply(f"{event.text}?")
        seen.set()

    async def scenario() -> None:
        async with Inbox(database, list(router.handlers())) as inbox:
            assert (await inbox.writer.record(FIRST)).status == "stored"
            assert await asyncio.to_thread(seen.wait, 30)

    asyncio.run(scenario())
    texts = [message["text"] for message in recorded.messages(database)]
    assert texts == ["first", "first?"]
    [position] = recorded.rows(database, "SELECT * FROM positions WHERE reader = 'bot.reply'")
    assert position["released"]
    assert position["seq"] >= 1


def test_without_handlers_it_records(database: Database) -> None:
    async def scenario() -> None:
        async with Inbox(database, []) as inbox:
            await inbox.writer.record(FIRST)
            assert inbox.watch.newest == 1
        with pytest.raises(Stopping):
            await inbox.writer.record(FIRST)

    asyncio.run(scenario())


def test_a_database_that_goes_away_at_the_start_leaves_nothing_running(database: Database) -> None:
    recorded.change(database, "DROP TABLE heads")

    async def scenario() -> None:
        async with Inbox(database, []):
            pass

    with pytest.raises(NotStored, match="the database"):
        asyncio.run(scenario())
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"writer", "listener"})


def test_what_cannot_be_stopped_in_good_order_leaves_nothing_running(database: Database) -> None:
    async def scenario() -> None:
        async with Inbox(database, []) as inbox:
            assert inbox._indexer._task
            inbox._indexer._task.cancel()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"writer", "listener"})


def test_a_database_that_cannot_be_used_is_told_at_the_start() -> None:
    async def scenario() -> None:
        async with Inbox(databases.connect("sqlite:////no/such/folder/receiver.db"), []):
            pass

    with pytest.raises(NotStored):
        asyncio.run(scenario())
