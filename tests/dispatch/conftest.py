"""Handlers at work on each database in turn, with short pauses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from receiver.dispatch import dispatcher, shift
from receiver.store.database import Database
from tests.dispatch.stage import Stage
from tests.store.conftest import (  # noqa: F401 - fixtures
    database_url,
    on_postgresql,
    on_sqlite,
    postgresql_admin,
    postgresql_template,
    postgresql_url,
    sqlite_template,
    sqlite_url,
)

SHORT = timedelta(milliseconds=20)


@pytest.fixture
def stage(database: Database, hurried: None) -> Iterator[Stage]:
    """Return a stage for handlers; whoever is still on it at the end is asked to leave."""
    with Stage(database) as stage:
        yield stage


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for changes more often than a person would need."""
    monkeypatch.setattr(shift, "LOOK_EVERY", SHORT)
    monkeypatch.setattr(shift, "SETTLE_EVERY", timedelta(milliseconds=1))
    monkeypatch.setattr(dispatcher, "TAKE_EVERY", SHORT)
