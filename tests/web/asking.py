"""Short ways to speak to the application."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from httpx2 import Client, Response

from receiver.store.database import Database
from receiver.store.watching import Watch
from receiver.store.writer import Writer
from receiver.web import api, metrics, probes, webhook
from receiver.web.operations import Operation
from receiver.web.stream import Streams
from tests.processes import KEY, TOKEN

BEARER = {"Authorization": f"Bearer {KEY}"}
HOOK = f"/webhook/{TOKEN}"


def ask(client: Client, path: str, **parameters: str | int) -> Response:
    """Get a resource of the API, whatever the answer."""
    return client.get(f"/api{path}", params=parameters, headers=BEARER)


def get(client: Client, path: str, **parameters: str | int) -> Any:
    """Get a resource that must be there, and must be JSON as RFC 8259 has it."""
    answer = ask(client, path, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.content.decode("utf-8", "strict"), parse_constant=_refuse)


def assert_problem(answer: Response, status: int) -> None:
    """Check the shape of RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]


def every_operation(database: Database) -> list[Operation]:
    """Return what can be done."""
    writer, streams = Writer(database), Streams(database, Watch(database))
    beside = [
        *webhook.OPERATIONS,
        *probes.operations(writer),
        metrics.operation(database, writer, lambda: None),
    ]
    return [*beside, *api.operations(database, writer, streams, beside=beside)]


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")
