"""Notifications are shown as they came, whatever bytes they are."""

from __future__ import annotations

from base64 import b64decode

import orjson
import pytest

from receiver.store.database import Database
from receiver.store.views import notifications
from tests.bodies import ack, acks, message
from tests.store import recorded

LARGE = acks(*(ack("seen", msg_id=f"id{number}") for number in range(500)))


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"\xff\xfe{}", b'"\\ud83d"', b"9" * 5000, message(), LARGE]
)
def test_a_body_comes_back_byte_for_byte(database: Database, body: bytes) -> None:
    recorded.batch(database, body)
    found = notifications.find(database.engine, 1)
    assert found
    shown = orjson.loads(orjson.dumps(found))
    assert b64decode(shown["body_base64"]) == body
    assert shown["body"] == body.decode("utf-8", "replace")
    assert shown["received_at"] == "2027-01-15T08:00:00Z"


def test_what_does_not_exist_is_none(database: Database) -> None:
    assert notifications.find(database.engine, 1) is None


def test_the_newest_come_first_and_the_quarantined_say_why(database: Database) -> None:
    recorded.batch(database, b"{", message("3EB0A"), b"[[", message("3EB0B"), b"x")
    listed = notifications.recent(database.engine, limit=3)
    assert [one.id for one in listed.data] == [5, 4, 3]
    assert listed.next == "3"
    rest = notifications.recent(database.engine, limit=3, after=3)
    assert [(one.id, one.status) for one in rest.data] == [(2, "stored"), (1, "quarantined")]
    assert (rest.next, rest.data[0].reason) == (None, None)
    assert "not JSON" in (rest.data[1].reason or "")


@pytest.mark.parametrize(("status", "ids"), [("quarantined", [5, 3, 1]), ("stored", [4, 2])])
def test_they_are_found_by_what_became_of_them(
    database: Database, status: str, ids: list[int]
) -> None:
    recorded.batch(database, b"{", message("3EB0A"), b"[[", message("3EB0B"), b"x")
    assert [one.id for one in notifications.recent(database.engine, status, limit=9).data] == ids
