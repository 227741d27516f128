"""The page holds everything that the document does, and loads nothing from anywhere."""

from __future__ import annotations

import re
from html import escape

from starlette.testclient import TestClient

from receiver.web import docs
from tests.databases import only_sqlite
from tests.web.asking import BEARER, get


@only_sqlite
def test_every_operation_parameter_and_shape_is_on_the_page(client: TestClient) -> None:
    page = client.get("/api/docs", headers=BEARER).text
    document = get(client, "/openapi.json")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in page
            assert escape(operation["summary"]) in page
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page


@only_sqlite
def test_every_link_leads_to_something_on_the_page(client: TestClient) -> None:
    page = client.get("/api/docs", headers=BEARER).text
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert len(links) > 10
    assert links <= set(re.findall(r'id="([^"]+)"', page))


@only_sqlite
def test_nothing_is_loaded_and_nothing_runs(client: TestClient) -> None:
    answer = client.get("/api/docs", headers=BEARER)
    assert not re.search(r"<script|<link|<img|<iframe|src=|@import|url\(|\son\w+=", answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_is_described_can_not_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    operation = {
        "operationId": "one", "summary": evil, "parameters": [], "responses": {}
    }  # fmt: skip
    page = docs.page(
        {
            "info": {"title": evil, "version": "1", "description": evil},
            "paths": {f"/{evil}": {"get": operation}},
            "components": {"schemas": {"A": {"properties": {evil: {"type": evil}}}}},
        }
    )
    assert "<script" not in page
