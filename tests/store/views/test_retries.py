"""What a handler owes, as it is listed."""

from __future__ import annotations

from receiver.store.database import Database
from receiver.store.retries import State
from receiver.store.views import retries
from receiver.store.views.retries import RetryView
from tests.store import recorded
from tests.store.owing import HANDLER, come, owe, tell


def test_an_owed_event_is_shown_with_its_type_and_why_it_failed(database: Database) -> None:
    tell(database, "a")
    come(database, 1)
    owe(database, (1, State.DEAD))
    [shown] = retries.owed(database.engine, HANDLER, limit=10).data
    assert shown == RetryView(
        handler=HANDLER,
        seq=1,
        type="message.received",
        conversation_id=1,
        state="dead",
        attempts=3,
        due_at="1970-01-01T00:00:07Z",
        error="it rained",
    )
    assert retries.find(database.engine, HANDLER, 1) == shown
    assert retries.find(database.engine, HANDLER, 2) is None


def test_one_whose_event_was_erased_is_still_shown(database: Database) -> None:
    tell(database, "a")
    owe(database, (1, State.WAITING))
    recorded.change(database, "DELETE FROM events")
    [shown] = retries.owed(database.engine, HANDLER, limit=10).data
    assert (shown.seq, shown.type) == (1, None)


def test_they_come_in_pages_in_the_order_of_events(database: Database) -> None:
    tell(database, *"abcdefg")
    owe(database, *((seq, State.WAITING if seq == 4 else State.DEAD) for seq in range(1, 8)))
    owe(database, (2, State.DEAD), handler="shop.other")
    seen: list[int] = []
    after = None
    while True:
        page = retries.owed(database.engine, HANDLER, "dead", limit=2, after=after)
        seen += [shown.seq for shown in page.data]
        if page.next is None:
            break
        after = int(page.next)
    assert seen == [1, 2, 3, 5, 6, 7]
