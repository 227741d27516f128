"""The application as it is put together: closed by default, and calm at its end."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from receiver.app import THREADS, create_app
from receiver.settings import Settings
from receiver.store.database import CONNECTIONS, Database
from tests import databases, payloads
from tests.databases import only_postgresql, only_sqlite
from tests.processes import KEY, TOKEN
from tests.waiting import until
from tests.web.asking import every_operation


@pytest.fixture
def app(database: Database) -> ASGIApp:
    """Return the application, not yet started."""
    return create_app(Settings(webhook_token=TOKEN, api_key=KEY), database)


@only_sqlite
def test_every_path_is_closed_but_the_probes(app: ASGIApp, database: Database) -> None:
    every = every_operation(database)
    closed = [(one.method, one.path) for one in every if not one.is_open]
    opened = [one.path for one in every if one.is_open and one.endpoint]
    assert opened == ["/livez", "/readyz"]
    with TestClient(app) as client:
        for method, path in [*closed, ("GET", "/api/nothing")]:
            answer = client.request(method, re.sub("{.*?}", "1", path))
            assert answer.status_code == 401, path
        for path in opened:
            assert client.get(path).status_code == 200, path
        for path in ("/", "/docs", "/openapi.json", "/api", "/nothing", "/webhook/wrong"):
            assert client.get(path).status_code == 404, path


@only_sqlite
def test_a_slash_at_the_end_is_another_path_and_no_redirect(app: ASGIApp) -> None:
    with TestClient(app, follow_redirects=False) as client:
        for path in ("/livez/", "/readyz/", f"/webhook/{TOKEN}/", "/webhook", "/webhook/"):
            assert client.get(path).status_code == 404, path


def test_what_was_answered_is_stored_when_it_ends(app: ASGIApp, database_url: str) -> None:
    with TestClient(app) as client:
        for name in payloads.NAMES:
            assert client.post(f"/webhook/{TOKEN}", content=payloads.body(name)).status_code == 200
    assert len(databases.notifications(database_url)) == len(payloads.NAMES)


@only_sqlite
def test_without_a_token_and_a_key_nobody_comes_in(database: Database) -> None:
    with TestClient(create_app(Settings(), database)) as client:
        assert client.post("/webhook/", content=b"{}").status_code == 404
        assert client.get("/api/messages", headers={"Authorization": "Bearer "}).status_code == 401


@only_postgresql
def test_more_requests_than_connections_wait_for_each_other(
    app: ASGIApp, database: Database, database_url: str
) -> None:
    database.engine.pool._timeout = 0  # type: ignore[attr-defined]
    waiting = (
        "SELECT FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    bearer = {"authorization": f"Bearer {KEY}"}
    with TestClient(app) as client, ThreadPoolExecutor(2 * CONNECTIONS) as clients:
        with databases.connected(database_url) as connection:
            connection.exec_driver_sql("LOCK TABLE conversations")
            asked = [
                clients.submit(client.get, "/api/conversations", headers=bearer)
                for _ in range(2 * CONNECTIONS)
            ]
            until(lambda: len(databases.ask(database_url, waiting)) == THREADS)
        assert [one.result().status_code for one in asked] == [200] * len(asked)
