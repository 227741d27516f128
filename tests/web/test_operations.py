"""Operations become routes: one for each path, which knows its methods."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from receiver.web import operations
from receiver.web.operations import Operation, reading
from receiver.web.parameters import Number, Parameters
from receiver.web.problems import HANDLERS
from tests.web.asking import assert_problem


class OneThing(Parameters):
    """The id of a thing."""

    id: Number


def find(given: OneThing) -> dict[str, int] | None:
    return {"id": given.id} if given.id else None


async def change(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"changed {request.path_params['id']}")


@pytest.fixture
def client() -> TestClient:
    """Return a client of two operations on one path."""
    routes = operations.routes(
        [
            reading("/things/{id}", "A thing", find),
            Operation(path="/things/{id}", summary="Change", method="POST", endpoint=change),
        ]
    )
    return TestClient(Starlette(routes=routes, exception_handlers=HANDLERS))


def test_each_method_of_a_path_has_its_operation(client: TestClient) -> None:
    assert client.get("/things/3").json() == {"id": 3}
    assert client.head("/things/3").status_code == 200
    assert client.post("/things/3").text == "changed 3"


def test_other_methods_are_told_which_there_are(client: TestClient) -> None:
    answer = client.delete("/things/3")
    assert_problem(answer, 405)
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_what_was_not_found_is_404(client: TestClient) -> None:
    assert_problem(client.get("/things/0"), 404)


def test_parameters_are_checked_before_anything_runs(client: TestClient) -> None:
    assert_problem(client.get("/things/3?x=1"), 400)
    assert_problem(client.get("/things/x"), 404)
