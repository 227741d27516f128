"""The application in this process, on each database in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from receiver.app import create_app
from receiver.settings import Settings
from receiver.store.database import Database
from tests.processes import KEY, TOKEN

Serve = Callable[..., TestClient]


@pytest.fixture
def serve(database: Database) -> Iterator[Serve]:
    """Return a function that runs the application; a fault in it is raised in the test."""
    with ExitStack() as running:

        def serve(*, works: bool = True, **settings: str | int) -> TestClient:
            values = {"webhook_token": TOKEN, "api_key": KEY} | settings
            app = create_app(Settings.model_validate(values), database, () if works else None)
            return running.enter_context(TestClient(app))

        yield serve


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """Return a client of the application."""
    return serve()
