"""All that is stored of a kind, oldest first, a stretch of numbers at a time.

Each stretch is a short question of its own over rows that lie together, whatever is wanted of them:
who reads for hours keeps no snapshot, behind which a log would grow, and no more than a stretch in
memory. What is added meanwhile is for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection, Row
from sqlmodel import col

from receiver.store.database import Database
from receiver.store.tables import ConversationRow, EventRow, MessageRow, NotificationRow
from receiver.store.views import conversations, events, filters, messages, notifications
from receiver.store.views.filters import EVERY_CONVERSATION

LENGTH = 500
"""Numbers of a stretch; of notifications, each of which may be as large as a body, only some."""
LARGE = 4 * 1024**2
"""Characters or bytes, as they are stored, at which a stretch ends before its length."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What is read alike: its columns, and how its rows are shown."""

    number: Any
    bulk: Any
    """What may be large in a row."""
    at: Any
    conversation: Any
    """None where it is of no conversation."""
    selected: Callable[[], Select[*tuple[Any, ...]]]
    views: Callable[[Connection, Sequence[Row[Any]]], Iterable[Any]]
    length: int = LENGTH


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is wanted of a kind; times are as in `filters`."""

    conversation_id: int | None = None
    since: int | None = None
    until: int | None = None


class Stretch(NamedTuple):
    """What is wanted of a run of numbers, in their order."""

    views: Iterable[Any]
    """To be gone through once: a body is unpacked when its turn comes."""
    last: int
    """The number up to which all was looked at."""


EVERYTHING = Wanted()


def last(connection: Connection, kind: Kind) -> int:
    """Return the number of the newest of a kind; 0 when there is none."""
    newest = select(kind.number).order_by(kind.number.desc()).limit(1)
    return connection.execute(newest).scalar() or 0


def read(
    database: Database, kind: Kind, wanted: Wanted = EVERYTHING, *, after: int, end: int
) -> Iterator[Stretch]:
    """Give what is behind a number, up to another one.

    Raises:
        DatabaseFailed: it can't be reached, or failed meanwhile.
    """
    while stretch := database.ask(_following, kind, wanted, after, end):
        yield stretch
        after = stretch.last


def _following(
    connection: Connection, kind: Kind, wanted: Wanted, after: int, end: int
) -> Stretch | None:
    number = kind.number
    behind = select(number).where(number > after, number <= end).order_by(number).limit(1)
    first = connection.execute(behind).scalar()
    if first is None:
        return None
    conditions = [*_conditions(kind, wanted)]
    last = _last_of(connection, kind, conditions, first, min(first + kind.length - 1, end))
    within = kind.selected().where(number.between(first, last), *conditions)
    found = connection.execute(within.order_by(number)).all()
    return Stretch(kind.views(connection, found) if found else [], last)


def _last_of(
    connection: Connection, kind: Kind, conditions: list[filters.Condition], first: int, last: int
) -> int:
    """Return the number up to which it is not too much at once; one that is too much is alone."""
    sizes = select(kind.number, func.coalesce(func.length(kind.bulk), 0))
    within = sizes.where(kind.number.between(first, last), *conditions).order_by(kind.number)
    room = LARGE
    for number, size in connection.execute(within):
        if size > room and number > first:
            return int(number) - 1
        room -= size
    return last


def _conditions(kind: Kind, wanted: Wanted) -> Iterator[filters.Condition]:
    # Added to, a column leads into no index: each stretch would go through all of a conversation.
    if kind.conversation is not None:
        yield from filters.equal(kind.conversation + 0, wanted.conversation_id)
    yield from filters.between(kind.at, wanted.since, wanted.until)


def _each(view: Callable[[Row[Any]], Any]) -> Callable[..., Iterable[Any]]:
    return lambda _connection, rows: map(view, rows)


KINDS: Mapping[str, Kind] = {
    "messages": Kind(
        number=col(MessageRow.id),
        bulk=col(MessageRow.payload),
        at=col(MessageRow.at),
        conversation=col(MessageRow.conversation_id),
        selected=messages.selected,
        views=messages.views,
    ),
    "conversations": Kind(
        number=col(ConversationRow.id),
        bulk=col(ConversationRow.name),
        at=col(ConversationRow.last_activity_at),
        conversation=col(ConversationRow.id),
        selected=lambda: conversations.selected().where(
            *filters.of_conversations(EVERY_CONVERSATION)
        ),
        views=_each(conversations.view),
    ),
    "events": Kind(
        number=col(EventRow.seq),
        bulk=col(EventRow.data),
        at=col(EventRow.at),
        conversation=col(EventRow.conversation_id),
        selected=events.selected,
        views=_each(events.view),
    ),
    "notifications": Kind(
        number=col(NotificationRow.id),
        bulk=col(NotificationRow.body),
        at=col(NotificationRow.received_at),
        conversation=None,
        selected=notifications.selected,
        views=_each(notifications.view),
        length=LENGTH // 25,
    ),
}
