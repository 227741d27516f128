"""What every answer tells a browser."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.databases import only_sqlite
from tests.web.asking import BEARER
from tests.web.conftest import Serve

ORIGIN = "https://desk.example"


@only_sqlite
@pytest.mark.parametrize("path", ["/api/messages", "/api/docs", "/api/nothing"])
@pytest.mark.parametrize("headers", [{}, BEARER])
def test_every_answer_is_kept_nowhere_and_taken_for_nothing_else(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@only_sqlite
def test_no_page_elsewhere_may_ask_unless_it_is_allowed(serve: Serve) -> None:
    asking = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    client = serve()
    for answer in (
        client.options("/api/messages", headers=asking),
        client.get("/api/messages", headers=BEARER | asking),
    ):
        assert "access-control-allow-origin" not in answer.headers


@only_sqlite
def test_a_page_that_is_allowed_may_ask_with_a_key(serve: Serve) -> None:
    client = serve(cors_origins=f"{ORIGIN},https://other.example:8443")
    asking = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    wants = {"Access-Control-Request-Headers": "authorization"}
    assert client.options("/api/messages", headers=asking | wants).status_code == 200
    answer = client.get("/api/messages", headers=BEARER | {"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert client.get("/api/messages", headers={"Origin": ORIGIN}).status_code == 401
    strange = client.get("/api/messages", headers=BEARER | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in strange.headers
