"""The description says what runs, no more and no less."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from receiver.store.database import Database
from receiver.web import openapi
from receiver.web.operations import Operation, reading
from receiver.web.parameters import Number, Paged
from tests.databases import only_sqlite
from tests.web.asking import get


class Wanted(Paged):
    """What the tests ask for."""

    id: Number
    name: str
    """Whose."""


@only_sqlite
def test_the_document_equals_the_route_table_and_the_webhook(client: TestClient) -> None:
    described = {
        (path, method.upper())
        for path, methods in get(client, "/openapi.json")["paths"].items()
        for method in methods
    }
    assert described == {("/webhook/{token}", "GET"), ("/webhook/{token}", "POST")} | {
        (re.sub(":path}", "}", route.path), method)
        for route in client.app.routes  # type: ignore[attr-defined]
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert ("/metrics", "GET") in described


@only_sqlite
def test_every_operation_has_an_id_of_its_own_and_says_whether_it_wants_a_key(
    client: TestClient,
) -> None:
    document = get(client, "/openapi.json")
    listed = [one for methods in document["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in listed}) == len(listed) > 5
    closed = [one for one in listed if "security" not in one]
    assert all("401" in one["responses"] for one in closed)
    assert all("Retry-After" in one["responses"]["503"]["headers"] for one in closed)
    opened = [one for one in listed if one not in closed]
    assert {one["operationId"] for one in opened} == {
        "get_livez", "get_readyz", "get_webhook_token", "post_webhook_token"
    }  # fmt: skip
    assert all((one["security"], "401" in one["responses"]) == ([], False) for one in opened)
    assert document["security"] == [{"key": []}]


def test_what_it_takes_is_told_as_it_is_checked() -> None:
    one = reading("/things/{id}", "A thing", _find)
    [described] = openapi.document([one], version="1")["paths"]["/things/{id}"].values()
    taken = {each["name"]: each for each in described["parameters"]}
    assert taken["id"] == {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    }
    assert taken["limit"]["schema"] == {
        "type": "integer", "minimum": 1, "maximum": 200, "default": 50
    }  # fmt: skip
    assert taken["cursor"]["schema"] == {
        "type": "string", "pattern": r"^[0-9]{1,15}\.[0-9]{1,18}$"
    }  # fmt: skip
    assert (taken["name"]["required"], taken["name"]["description"]) == (True, "Whose.")
    assert set(described["responses"]) == {"200", "400", "401", "404", "503"}


def test_bodies_headers_and_other_answers_are_told(database: Database) -> None:
    one = Operation(
        path="/things",
        summary="Make a thing",
        method="POST",
        status=202,
        sends=Wanted,
        answers=dict[str, int],
        headers={"Idempotency-Key": ("Once.", {"type": "string"})},
        problems=(422,),
        endpoint=_never,
    )
    described = openapi.document([one], version="1")["paths"]["/things"]["post"]
    assert set(described["responses"]) == {"202", "400", "401", "422", "503"}
    assert described["requestBody"]["content"]["application/json"]["schema"]
    [header] = described["parameters"]
    assert (header["name"], header["in"]) == ("Idempotency-Key", "header")


@only_sqlite
def test_the_webhook_takes_every_body_and_says_how_it_may_fail(client: TestClient) -> None:
    hook = get(client, "/openapi.json")["paths"]["/webhook/{token}"]["post"]
    assert hook["requestBody"] == {"required": False, "content": {"*/*": {"schema": {}}}}
    assert set(hook["responses"]) == {
        "200", "400", "404", "408", "413", "415", "431", "501", "503"
    }  # fmt: skip


def _find(_wanted: Wanted) -> dict[str, int] | None: ...  # type: ignore[empty-body]


async def _never(_request: object) -> object:  # type: ignore[misc]
    raise AssertionError
