"""What a message has come to is one thing, wherever it is shown."""

from __future__ import annotations

from itertools import permutations

import pytest

from receiver.events import MessageSent
from receiver.maytapi.acks import TICKS
from receiver.store import reading
from receiver.store.database import Database
from receiver.store.views import conversations, messages
from receiver.store.views.filters import MessageFilter
from tests import bodies
from tests.bodies import SENT, ack, acks, message
from tests.store import recorded

WHATSAPP_ID = bodies.whatsapp_id("3EB0A1", from_me=True)
OURS = message(serialized=WHATSAPP_ID, from_me=True)


@pytest.mark.parametrize("order", [*permutations(TICKS[:3])], ids=" ".join)
@pytest.mark.parametrize("gather", [recorded.batch, recorded.each])
def test_all_that_shows_a_status_shows_the_highest_tick(
    database: Database, gather: recorded.Gather, order: tuple[str, ...]
) -> None:
    ticks = [acks(ack(tick, rxid=WHATSAPP_ID, at=SENT + n)) for n, tick in enumerate(order)]
    gather(database, OURS, *ticks)
    assert _shown(database) == {"seen"}
    assert _with_status(database) == {"seen"}


def test_a_message_without_a_tick_has_no_status(database: Database) -> None:
    recorded.batch(database, OURS)
    assert _shown(database) == {None}
    assert _with_status(database) == set()


def test_other_acks_than_ticks_make_no_status(database: Database) -> None:
    recorded.batch(database, OURS, acks(ack("deleted", rxid=WHATSAPP_ID, at=SENT)))
    assert _shown(database) == {None}
    assert _with_status(database) == set()


def _shown(database: Database) -> set[str | None]:
    [conversation] = conversations.recent(database.engine, limit=10).data
    assert conversation.last_message is not None
    with database.engine.connect() as connection:
        [sent] = (one for one in reading.after(connection, 0, limit=10) if type(one) is MessageSent)
    return {
        recorded.message(database, WHATSAPP_ID)["status"],
        conversation.last_message.status,
        sent.status,
    }


def _with_status(database: Database) -> set[str]:
    """Return the statuses by which the message is found."""
    return {
        tick
        for tick in TICKS
        if messages.recent(database.engine, MessageFilter(status=tick), limit=10).data
    }
