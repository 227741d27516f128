"""What is examined: an installation, each part of it looked at once, when a check wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from receiver.cli.doctor import asking_around
from receiver.cli.doctor.asking_around import Heard
from receiver.dispatch import loading, sending
from receiver.errors import BadHandler
from receiver.settings import Settings, Unknown, split
from receiver.store.database import Database
from receiver.store.operating import Known
from receiver.store.views import counts
from receiver.store.views.counts import Counts


class Case:
    """An installation whose settings can be read."""

    def __init__(self, settings: Settings, unknown: Sequence[Unknown], database: Database) -> None:
        self.settings = settings
        self.unknown = unknown
        self.database = database

    @property
    def file(self) -> Path | None:
        """The SQLite file, where it is one and is there."""
        file = self.database.file
        return file if file and file.exists() else None

    @property
    def tokens(self) -> list[str]:
        """What our webhook can be reached by."""
        return split(self.settings.webhook_token)

    @property
    def address(self) -> str:
        """Where Maytapi reaches us; empty where that is not known."""
        return self.settings.public_url.rstrip("/")

    @cached_property
    def handlers(self) -> Mapping[str, Known] | BadHandler:
        """The handlers whose code is here, without the sender; or why it can't be loaded."""
        try:
            return loading.known(loading.load(split(self.settings.handlers)))
        except BadHandler as error:
            return error

    @property
    def known(self) -> set[str] | None:
        """The names of all handlers whose code is here, ours among them, if that can be told."""
        if isinstance(self.handlers, BadHandler):
            return None
        return {*self.handlers, sending.NAME}

    @cached_property
    def counts(self) -> Counts:
        """How much is stored."""
        return counts.count(self.database.engine)

    @cached_property
    def heard(self) -> Heard:
        """What others answer: Maytapi, and whoever answers at our public address."""
        return asyncio.run(asking_around.ask(self.settings, self.address, self.tokens))
