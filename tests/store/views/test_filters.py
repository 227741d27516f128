"""Every list is answered from an index, whatever is asked of it, and none is sorted."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.store.database import Database
from receiver.store.views import conversations, events, messages, notifications
from receiver.store.views.filters import ConversationFilter, EventFilter, MessageFilter
from receiver.store.views.shapes import Cursor
from tests.store import recorded
from tests.store.views.paging import plans

PLACE = Cursor(1_700_000_000_000, 5)
TIMES = {"since": 1_600_000_000_000, "until": 1_700_000_000_000}

BY_TIME = "ix_messages_at_id"
OF_CONVERSATION = "ix_messages_conversation_id_at_id"
OF_PHONE = "ix_conversations_phone_id_last_activity_at_id"
BY_ACTIVITY = "ix_conversations_last_activity_at_id"


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, BY_TIME),
        (TIMES, BY_TIME),
        ({"direction": "outgoing"}, BY_TIME),
        ({"type": "text"}, BY_TIME),
        ({"status": "seen"}, BY_TIME),
        ({"type": "image"}, "ix_messages_no_text"),
        ({"type": "image", **TIMES}, "ix_messages_no_text"),
        ({"status": "failed"}, "ix_messages_open"),
        ({"status": "queued", "direction": "outgoing"}, "ix_messages_open"),
        ({"conversation_id": 3}, OF_CONVERSATION),
        ({"conversation_id": 3, **TIMES}, OF_CONVERSATION),
        ({"conversation_id": 3, "type": "image"}, OF_CONVERSATION),
    ],
)
@pytest.mark.parametrize("after", [None, PLACE])
def test_messages(
    database: Database, wanted: dict[str, Any], index: str, after: Cursor | None
) -> None:
    plan = plans(
        database,
        lambda: messages.recent(database.engine, MessageFilter(**wanted), limit=50, after=after),
    )
    assert_answered_from(plan, index)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, BY_ACTIVITY),
        (TIMES, BY_ACTIVITY),
        ({"kind": "group"}, BY_ACTIVITY),
        ({"phone_id": "12345"}, OF_PHONE),
        ({"unread": False}, BY_ACTIVITY),
        ({"unread": True}, "ix_conversations_unread"),
        (
            {"unread": True, "phone_id": "12345", "kind": "group", **TIMES},
            "ix_conversations_unread",
        ),
    ],
)
@pytest.mark.parametrize("after", [None, PLACE])
def test_conversations(
    database: Database, wanted: dict[str, Any], index: str, after: Cursor | None
) -> None:
    plan = plans(
        database,
        lambda: conversations.recent(
            database.engine, ConversationFilter(**wanted), limit=50, after=after
        ),
    )
    assert_answered_from(plan, index)


@pytest.mark.parametrize("wanted", [{}, {"type": "message.failed"}, {"conversation_id": 3}])
def test_events(database: Database, wanted: dict[str, Any]) -> None:
    plan = plans(
        database,
        lambda: events.following(database.engine, 41, EventFilter(**wanted), limit=50),
    )
    assert_answered_from(plan, "events USING INTEGER PRIMARY KEY" if database.file else "pk_events")


@pytest.mark.parametrize("after", [None, 17])
def test_quarantined_notifications(database: Database, after: int | None) -> None:
    plan = plans(
        database,
        lambda: notifications.recent(database.engine, "quarantined", limit=50, after=after),
    )
    assert_answered_from(plan, "ix_notifications_quarantined")


def test_an_index_that_is_gone_would_show(database: Database) -> None:
    """The control: what is asked for above can fail."""
    recorded.change(database, f"DROP INDEX {BY_TIME}")
    plan = plans(database, lambda: messages.recent(database.engine, limit=50))
    with pytest.raises(AssertionError):
        assert_answered_from(plan, BY_TIME)


def assert_answered_from(plan: str, index: str) -> None:
    """Check that rows come out of the index in their order.

    PostgreSQL chooses among several by what it has counted, and here there is nothing to count.
    """
    assert index in plan or ("Index Scan" in plan and index != BY_TIME), plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan
