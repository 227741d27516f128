"""Secrets, and the middleware that asks for one."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from receiver.web.auth import RequireKey, Secrets
from receiver.web.problems import HANDLERS
from tests.web.asking import assert_problem


@pytest.mark.parametrize("candidate", ["one", "two", "€"])
def test_each_secret_is_good(candidate: str) -> None:
    assert Secrets(["one", "two", "€"]).hold(candidate)


@pytest.mark.parametrize("candidate", ["", "on", "onee", "ONE", "one,two", "\udcff", "ü"])
def test_nothing_else_is(candidate: str) -> None:
    assert not Secrets(["one", "two", "€"]).hold(candidate)


@pytest.mark.parametrize("candidate", ["", "one"])
def test_without_secrets_nobody_comes_in(candidate: str) -> None:
    assert not Secrets([]).hold(candidate)


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@pytest.fixture
def client() -> TestClient:
    """Return a client of an application behind two keys."""
    guard = Middleware(RequireKey, keys=Secrets(["old", "new"]))
    inside = Mount("/", routes=[Route("/", hello)], middleware=[guard])
    return TestClient(Starlette(routes=[inside], exception_handlers=HANDLERS))


@pytest.mark.parametrize("header", ["Bearer old", "Bearer new", "bearer new", "BEARER  new "])
def test_a_right_key_comes_in_however_it_is_written(client: TestClient, header: str) -> None:
    assert client.get("/", headers={"Authorization": header}).text == "hello"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer old,new", "Bearer old new", "Basic old"])
def test_without_one_the_answer_says_what_to_send(client: TestClient, header: str) -> None:
    answer = client.get("/", headers={"Authorization": header})
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer KEY" in answer.json()["detail"]


@pytest.fixture
def closed() -> TestClient:
    """Return a client of an application that is closed but for a probe."""
    guard = Middleware(RequireKey, keys=Secrets(["key"]), open_paths=["/probe"], announced=["/api"])
    routes = [Route(path, hello) for path in ("/probe", "/api/new", "/new")]
    return TestClient(Starlette(routes=routes, middleware=[guard], exception_handlers=HANDLERS))


def test_a_new_route_is_closed_wherever_it_is(closed: TestClient) -> None:
    assert closed.get("/probe").text == "hello"
    assert_problem(closed.get("/api/new"), 401)
    for path in ("/new", "/probe/", "/probe/new", "/nothing"):
        assert_problem(closed.get(path), 404)
    for path in ("/api/new", "/new"):
        assert closed.get(path, headers={"Authorization": "Bearer key"}).text == "hello"
