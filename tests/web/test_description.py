"""The description and its page: closed, and open to a browser that has the key as password."""

from __future__ import annotations

from base64 import b64encode

import pytest
from starlette.testclient import TestClient

from tests.databases import only_sqlite
from tests.processes import KEY
from tests.web.asking import BEARER, assert_problem

PAGES = ("/api/docs", "/api/openapi.json")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


@only_sqlite
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("headers", [BEARER, basic("", KEY), basic("anybody", KEY)])
def test_a_key_opens_it_also_as_a_password(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    assert client.get(path, headers=headers).status_code == 200


@only_sqlite
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("headers", [{}, basic(KEY, ""), basic("", "wrong"), basic("", KEY + "x")])
def test_a_browser_is_asked_for_a_password(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith('Basic realm="maytapi-receiver"')


@only_sqlite
def test_what_tells_something_takes_no_password(client: TestClient) -> None:
    """Else a page elsewhere could use the one that the browser remembers."""
    for path in ("/api/messages", "/api/conversations", "/api/docs/", "/api/nothing"):
        assert_problem(client.get(path, headers=basic("", KEY)), 401)


@only_sqlite
def test_it_takes_no_parameters(client: TestClient) -> None:
    for path in PAGES:
        assert_problem(client.get(f"{path}?x=1", headers=BEARER), 400)
