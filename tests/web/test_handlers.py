"""Handlers over HTTP: what they owe is seen and changed, and whoever works for them notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy.engine import Connection
from sqlalchemy.event import listens_for
from starlette.testclient import TestClient

from receiver import Discard, Event, MessageReceived, Router
from receiver.app import create_app
from receiver.settings import Settings
from receiver.store import operating
from receiver.store.database import WRITER, Database
from receiver.store.retries import State
from tests.bodies import message
from tests.databases import only_sqlite
from tests.processes import KEY, TOKEN
from tests.store.owing import HANDLER, come, owe, states, tell
from tests.waiting import until
from tests.web.asking import BEARER, HOOK, ask, assert_problem, get

OWED = f"/handlers/{HANDLER}/retries"
Work = Callable[[Router], TestClient]


@pytest.fixture
def work(database: Database) -> Iterator[Work]:
    """Return a function that runs the application with handlers."""
    with ExitStack() as running:

        def work(router: Router) -> TestClient:
            settings = Settings(webhook_token=TOKEN, api_key=KEY)
            app = create_app(settings, database, [*router.handlers()])
            return running.enter_context(TestClient(app))

        yield work


def post(client: TestClient, path: str, body: Any = None) -> Response:
    return client.post(f"/api{path}", json=body, headers=BEARER)


def handler(client: TestClient, name: str = HANDLER) -> dict[str, Any]:
    listed = get(client, "/handlers")
    assert listed["next"] is None
    [found] = [one for one in listed["data"] if one["name"] == name]
    shown: dict[str, Any] = found
    return shown


def test_a_dead_event_is_tried_again_at_once_by_whoever_works(work: Work) -> None:
    router = Router("shop")
    broken = [True]
    answered: list[str | None] = []

    @router.on(MessageReceived)
    def answer(event: MessageReceived) -> None:
        if broken[0]:
            raise Discard("out of order")
        answered.append(event.text)

    client = work(router)
    until(lambda: get(client, "/handlers")["data"])
    client.post(HOOK, content=message(text="hello"))
    until(lambda: handler(client)["dead"] == 1)
    [owed] = get(client, OWED, state="dead")["data"]
    assert (owed["seq"], owed["type"]) == (1, "message.received")
    assert owed["error"] == "discarded: out of order"

    broken[0] = False
    tried = post(client, f"{OWED}/1/retry")
    assert tried.status_code == 200
    assert tried.json()["seq"] == 1
    until(lambda: answered == ["hello"])
    until(lambda: get(client, OWED)["data"] == [])


def test_a_handler_that_rests_goes_on_when_it_is_told_to(work: Work, database: Database) -> None:
    router = Router("shop")
    answered: list[int] = []
    others: list[int] = []
    router.on(Event, name=HANDLER)(lambda event: answered.append(event.id))
    router.on(Event, name="shop.other")(lambda event: others.append(event.id))
    come(database, 0)
    operating.change(database, lambda change: operating.rest(change, HANDLER, paused=True))
    client = work(router)
    until(lambda: len(get(client, "/handlers")["data"]) == 2)
    client.post(HOOK, content=message())
    until(lambda: others)
    until(lambda: handler(client, "shop.other")["lag"] == 0)
    assert answered == []
    assert (handler(client)["paused"], handler(client)["lag"]) == (True, 1)
    assert post(client, f"/handlers/{HANDLER}/resume").json()["paused"] is False
    until(lambda: answered == [1])


def test_a_replay_reaches_the_handler_in_order(work: Work, database: Database) -> None:
    router = Router("shop")
    seen: list[str | None] = []

    @router.on(MessageReceived)
    def answer(event: MessageReceived) -> None:
        seen.append(event.text)

    client = work(router)
    until(lambda: get(client, "/handlers")["data"])
    for n in range(3):
        client.post(HOOK, content=message(f"3EB0{n}", text=str(n)))
    until(lambda: seen == ["0", "1", "2"] and handler(client)["lag"] == 0)
    replayed = post(client, f"/handlers/{HANDLER}/replay", {"from": 2})
    assert replayed.json() == {"first": 2, "last": 3, "events": 2, "dry_run": False}
    until(lambda: seen == ["0", "1", "2", "1", "2"])
    until(lambda: states(database) == {})


def test_a_dropped_event_is_owed_no_longer(client: TestClient, database: Database) -> None:
    tell(database, "a", "a")
    come(database, 2)
    owe(database, (1, State.DEAD), (2, State.WAITING))
    dropped = client.delete(f"/api{OWED}/1", headers=BEARER)
    assert (dropped.status_code, dropped.json()["state"]) == (200, "dead")
    assert_problem(client.delete(f"/api{OWED}/1", headers=BEARER), 404)
    assert states(database) == {2: "waiting"}


def test_a_dry_run_only_counts(client: TestClient, database: Database) -> None:
    tell(database, "a", "b", "c")
    come(database, 3)
    for first, events in ((1, 2), (1.0, 2), (3, 0)):
        wanted = {"from": first, "to": 2, "dry_run": True}
        counted = post(client, f"/handlers/{HANDLER}/replay", wanted)
        assert counted.json() == {"first": first, "last": 2, "events": events, "dry_run": True}
    assert states(database) == {}


def test_what_is_owed_comes_in_pages(client: TestClient, database: Database) -> None:
    tell(database, *"abc")
    owe(database, *((seq, State.DEAD) for seq in (1, 2, 3)))
    come(database, 3)
    first = get(client, OWED, limit=2)
    second = get(client, OWED, limit=2, cursor=first["next"])
    assert [one["seq"] for one in (*first["data"], *second["data"])] == [1, 2, 3]
    assert second["next"] is None


def test_one_that_is_not_loaded_is_orphaned(client: TestClient, database: Database) -> None:
    come(database, 0)
    assert handler(client)["orphaned"] is True


@only_sqlite
def test_whose_code_is_loaded_elsewhere_is_not_told_to_be_orphaned(
    serve: Callable[..., TestClient], database: Database
) -> None:
    come(database, 0)
    assert handler(serve(works=False))["orphaned"] is None


@only_sqlite
def test_what_is_not_there_or_not_possible_is_a_problem(
    client: TestClient, database: Database
) -> None:
    tell(database, "a")
    come(database, 1)
    owe(database, (1, State.PARKED))
    assert_problem(post(client, f"{OWED}/1/retry"), 409)
    for path in (f"{OWED}/2/retry", f"{OWED}/x/retry", "/handlers/shop.gone/pause"):
        assert_problem(post(client, path), 404)
    assert_problem(ask(client, "/handlers/shop.gone/retries"), 404)
    assert_problem(post(client, "/handlers/shop.gone/replay", {"from": 1}), 404)
    for body in (None, {}, {"from": -1}, {"from": "1"}, {"from": 1.5}, {"from": 1, "x": 1}):
        assert_problem(post(client, f"/handlers/{HANDLER}/replay", body), 400)
    assert_problem(ask(client, OWED, state="lost"), 400)


def test_a_change_is_made_by_the_writer(client: TestClient, database: Database) -> None:
    """Another connection would wait for it as long as it is busy, on SQLite in vain."""
    tell(database, "1")
    come(database, 1)
    owe(database, (1, State.DEAD))
    wrote = []

    @listens_for(database.engine, "begin")
    def note(connection: Connection) -> None:
        if connection.get_execution_options().keys() & WRITER:
            wrote.append(connection)

    for path in ("pause", "resume", "retries/1/retry"):
        assert post(client, f"/handlers/{HANDLER}/{path}").status_code == 200
    assert client.delete(f"/api/handlers/{HANDLER}/retries/1", headers=BEARER).status_code == 200
    assert len({id(connection) for connection in wrote}) == 1
