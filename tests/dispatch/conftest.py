"""Handlers at work on each database in turn, with short pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from receiver.dispatch import dispatcher, shift
from receiver.dispatch.desk import Desk
from receiver.store.database import Database
from receiver.store.watching import Watch
from receiver.store.writer import Writer
from tests.dispatch.stage import Stage

SHORT = timedelta(milliseconds=20)


@pytest.fixture
def stage(database: Database, hurried: None) -> Iterator[Stage]:
    """Return a stage for handlers; whoever is still on it at the end is asked to leave."""
    with Stage(database) as stage:
        yield stage


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    """Return a desk whose writer runs, on each database in turn."""
    with asyncio.Runner() as runner:
        writer, watch = Writer(database), Watch(database)
        runner.run(writer.start())
        yield Desk(database=database, writer=writer, watch=watch)
        runner.run(writer.stop())
        watch.stop()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for changes more often than a person would need."""
    monkeypatch.setattr(shift, "LOOK_EVERY", SHORT)
    monkeypatch.setattr(shift, "SETTLE_EVERY", timedelta(milliseconds=1))
    monkeypatch.setattr(dispatcher, "TAKE_EVERY", SHORT)
