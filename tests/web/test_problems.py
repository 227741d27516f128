"""Errors have one shape, and a fault tells nothing of what it was."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from receiver.errors import DatabaseFailed, NotStored, Overloaded, RequestError, Stopping
from receiver.web.problems import HANDLERS
from tests.web.asking import assert_problem


def answer_to(error: Exception) -> Response:
    """Return what a client gets when an endpoint raises this."""

    async def endpoint(_request: Request) -> Response:
        raise error

    app = Starlette(routes=[Route("/", endpoint)], exception_handlers=HANDLERS)
    return TestClient(app, raise_server_exceptions=False).get("/")


@pytest.mark.parametrize("status", [400, 401, 404, 405, 408, 413, 415, 431, 500, 503])
def test_a_problem_names_its_status(status: int) -> None:
    answer = answer_to(RequestError(status, "what is wrong"))
    assert_problem(answer, status)
    assert answer.json()["detail"] == "what is wrong"


def test_a_problem_without_a_detail_has_none() -> None:
    assert "detail" not in answer_to(RequestError(404, "")).json()


def test_starlettes_own_errors_have_the_shape_and_keep_their_headers() -> None:
    answer = answer_to(HTTPException(405, "ignored", headers={"Allow": "GET"}))
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("error", [NotStored("x"), Overloaded("x"), Stopping("x")])
def test_what_is_not_stored_may_be_tried_again(error: NotStored) -> None:
    answer = answer_to(error)
    assert_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


def test_the_answer_does_not_name_the_database() -> None:
    answer = answer_to(NotStored("the database inbox on db.example can't be reached (hunter2)"))
    assert answer.json()["detail"] == "the database failed; the log says why"


def test_a_database_that_is_away_is_logged_in_a_sentence_and_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = answer_to(DatabaseFailed("the database inbox on db.example can't be reached"))
    assert_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert "inbox" not in answer.text
    [logged] = [one for one in caplog.records if one.name.startswith("receiver")]
    assert "inbox on db.example can't be reached" in logged.getMessage()
    assert not logged.exc_info


def test_a_fault_says_nothing_of_what_it_was() -> None:
    answer = answer_to(ValueError("15550100011 said hello"))
    assert_problem(answer, 500)
    assert "15550100011" not in answer.text
    assert "ValueError" not in answer.text
