"""The operations on the journal: what happened after a number."""

from __future__ import annotations

from receiver.errors import RequestError
from receiver.store import journal
from receiver.store.database import Database
from receiver.store.views import events
from receiver.store.views.events import Feed
from receiver.store.views.filters import EventFilter
from receiver.web.operations import Operation, reading
from receiver.web.parameters import DEFAULT_LIMIT, Limit, Number, Parameters


class WantedEvents(Parameters):
    """Which events are wanted."""

    type: str | None = None
    conversation_id: Number | None = None

    @property
    def filter(self) -> EventFilter:
        """The same for the store."""
        return EventFilter(type=self.type, conversation_id=self.conversation_id)


class ManyEvents(WantedEvents):
    """Where to go on."""

    after: Number = 0
    """The `next` of the answer before; 0 is the beginning."""
    cursor: Number | None = None
    """The same, by the name that it has in other lists."""
    limit: Limit = DEFAULT_LIMIT
    """How many there may be in the answer."""


def operations(database: Database) -> list[Operation]:
    """Return what can be done with events."""

    def many(given: ManyEvents) -> Feed:
        after = given.after if given.cursor is None else given.cursor
        feed = events.following(database.engine, after, given.filter, limit=given.limit)
        if not feed.data:
            check_place(after, database.ask(journal.last_seq))
        return feed

    return [reading("/events", "Events, in the order of their numbers", many, problems=(409,))]


def check_place(after: int, last: int) -> None:
    """See that a reader is not ahead of the journal: it would miss what comes up to its place.

    Raises:
        RequestError: 409, it is; its place is one in the journal of another database.
    """
    if after > last:
        raise RequestError(
            409,
            f"there is no event {after} yet: the journal ends at {last}; if the database was "
            f"replaced, or set back to an older state, go on after {last}, or begin at 0",
        )
