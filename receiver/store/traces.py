"""Find what a person has left in the database; nothing is changed.

A person is named in rows, in events and in bodies, and what is theirs leads on: from a message to
the events about it, to those who quote it, and to the bodies that told of all this. Most of it is
in no index, so everything is looked through, a page at a time. Before any of it is changed, all of
it must have been found: what is gone leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import orjson

from receiver.errors import IsOurs
from receiver.events import EventType
from receiver.maytapi import notifications
from receiver.maytapi.identity import canonical_key, kind_of
from receiver.maytapi.messages import Message
from receiver.maytapi.person import Person
from receiver.store import bodies
from receiver.store.journal import Heads
from receiver.store.rows import listed

PAGE = 500
"""Ids that are looked through, or changed, at once."""

Fetch = Callable[..., Sequence[Any]]
"""Asks a question, as `Transaction.fetch` does."""


@dataclass(slots=True)
class Traces:
    """What is a person's, and what of others names the person; ids, but for what is said."""

    conversations: set[int] = field(default_factory=set)
    messages: set[int] = field(default_factory=set)
    aliases: set[int] = field(default_factory=set)
    """Of messages that became a part of these."""
    keys: set[int] = field(default_factory=set)
    """By which the messages are quoted."""
    naming: set[int] = field(default_factory=set)
    """Messages of others that name or quote the person."""
    unsent: set[int] = field(default_factory=set)
    """Such of ours that Maytapi has not been asked to send yet: struck, they would be wrong."""
    reacted: set[int] = field(default_factory=set)
    """Messages that the person has reacted to, or voted about."""
    named: set[int] = field(default_factory=set)
    """Conversations of others with the person in their name."""
    events: set[int] = field(default_factory=set)
    problems: set[int] = field(default_factory=set)
    """Events of bodies that could not be read."""
    telling: set[int] = field(default_factory=set)
    """Events about others that name the person."""
    notifications: set[int] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    """Ids of groups that are made of the number: they stay."""
    also: set[str] = field(default_factory=set)
    """Other names, under which nothing was looked for."""

    def __ior__(self, other: Traces) -> Traces:
        for one in fields(self):
            getattr(self, one.name).update(getattr(other, one.name))
        return self


class _Row(NamedTuple):
    id: int
    notification_id: int
    conversation_id: int
    direction: str
    whatsapp_id: str | None
    canonical_key: int | None
    sender_id: str | None
    sender_phone: str | None
    status: str | None
    text: str | None
    media: str | None
    quoted: str | None
    error: str | None
    payload: str | None


class _Event(NamedTuple):
    seq: int
    type: str
    conversation_id: int | None
    message_id: int | None
    notification_id: int | None
    data: str


_CONVERSATIONS = "SELECT id, chat_id, name FROM conversations WHERE id BETWEEN {mark} AND {mark}"
_MESSAGES = f"SELECT {', '.join(_Row._fields)} FROM messages WHERE id "
_COPIES = """
SELECT copies.id, copies.notification_id, copies.sender_id FROM messages
JOIN messages AS copies ON copies.canonical_key = messages.canonical_key
JOIN conversations ON conversations.id = messages.conversation_id
JOIN conversations AS others ON others.id = copies.conversation_id
                            AND others.chat_id = conversations.chat_id
WHERE messages.id {among_numbers}
"""
_ALIASES = "SELECT id FROM merged_messages WHERE message_id {among_numbers}"
_REQUESTS = "SELECT message_id, called_at, request, origin FROM sends WHERE message_id "
_REACTIONS = "SELECT message_id, reactor_id, notification_id FROM reactions WHERE message_id "
_TALLIES = "SELECT message_id, tally, notification_id FROM poll_tallies WHERE message_id "
_TOLD_OF = [
    f"SELECT notification_id FROM {table} WHERE message_id {{among_numbers}}"
    for table in ("acks", "reactions", "poll_tallies")
]
_EVENTS = f"SELECT {', '.join(_Event._fields)} FROM events WHERE seq BETWEEN {{mark}} AND {{mark}}"
_BODIES = """
SELECT id, encoding, body FROM notifications
WHERE id BETWEEN {mark} AND {mark} AND length(body) > 0
"""
_BETWEEN, _AMONG = "BETWEEN {mark} AND {mark}", "{among_numbers}"


def look(
    fetch: Fetch,
    person: Person,
    known: Traces,
    *,
    after: Heads,
    upto: Heads,
    page: int = PAGE,
    told: Callable[[int, int], None] = lambda done, last: None,
) -> Traces:
    """Return what was left between two states of the heads; `known` is what was found before.

    Raises:
        IsOurs: the number is one of our own phones'.
    """
    look = _Look(fetch, person, known, page)
    for start, stop in pages(after.conversation_id, upto.conversation_id, page):
        look.at_conversations(start, stop)
    for start, stop in pages(after.message_id, upto.message_id, page):
        look.at_messages(_BETWEEN, start, stop)
    if after.message_id:
        touched = [look.touched_by(*run) for run in pages(after.seq, upto.seq, page)]
        old = {id for some in touched for id in some if id <= after.message_id}
        for some in chunks(old, page):
            look.at_messages(_AMONG, listed(some))
    look.follow()
    for start, stop in pages(after.seq, upto.seq, page):
        look.at_events(start, stop)
    for start, stop in pages(after.notification_id, upto.notification_id, page):
        look.at_bodies(start, stop)
        told(stop, upto.notification_id)
    look.take_problems()
    return look.found


def pages(after: int, last: int, page: int) -> Iterator[tuple[int, int]]:
    """Cut what comes after a number into runs, each with its first and its last number."""
    for start in range(after + 1, last + 1, page):
        yield start, min(start + page - 1, last)


def chunks(ids: Collection[int], page: int) -> Iterator[list[int]]:
    """Cut ids into lists, in their order."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), page):
        yield ordered[start : start + page]


class _Look:
    """A look through the database, under way."""

    def __init__(self, fetch: Fetch, person: Person, known: Traces, page: int) -> None:
        self._fetch = fetch
        self._person = person
        self._page = page
        self.found = Traces()
        self._conversations = set(known.conversations)
        self._messages = known.messages | known.aliases
        self._keys = set(known.keys)
        self._linked: set[int] = set()
        self._quoting: dict[int, int] = {}
        self._problems: dict[int, int] = {}

    def at_conversations(self, start: int, stop: int) -> None:
        for id, chat_id, name in self._fetch(_CONVERSATIONS, start, stop):
            if self._person.is_named(chat_id):
                self.found.conversations.add(id)
            elif self._person.is_in(name):
                self.found.named.add(id)
            if self._person.number and chat_id.startswith(f"{self._person.number}-"):
                self.found.groups.add(chat_id)
        self._conversations |= self.found.conversations

    def at_messages(self, those: str, *which: object) -> None:
        for row in map(_Row._make, self._fetch(_MESSAGES + those, *which)):
            if self._is_theirs(row):
                self._take(row.id, row.notification_id, row.canonical_key)
            elif self._person.is_in(row.text, row.media, row.quoted, row.error, row.payload):
                self._name(row.id, row.notification_id, is_unsent=row.status == "queued")
            elif row.quoted:
                self._quote(row.id, row.quoted)
        for id, called_at, *texts in self._fetch(_REQUESTS + those, *which):
            if self._person.is_in(*texts):
                self._name(id, 0, is_unsent=called_at is None)
        for id, reactor_id, notification_id in self._fetch(_REACTIONS + those, *which):
            if self._person.is_named(reactor_id):
                self.found.reacted.add(id)
                self._linked.add(notification_id)
        for id, tally, notification_id in self._fetch(_TALLIES + those, *which):
            if self._person.is_in(tally):
                self.found.reacted.add(id)
                self._linked.add(notification_id)

    def touched_by(self, start: int, stop: int) -> set[int]:
        events = map(_Event._make, self._fetch(_EVENTS, start, stop))
        return {event.message_id for event in events if event.message_id}

    def follow(self) -> None:
        """Find the copies of messages, those merged into them, and those who quote them."""
        for some in chunks(self.found.messages, self._page):
            for id, notification_id, sender_id in self._fetch(_COPIES, listed(some)):
                self._take(id, notification_id, None)
                if sender_id and kind_of(sender_id) == "hidden":
                    self._know_as(sender_id)
        for some in chunks(self.found.messages, self._page):
            self.found.aliases |= {id for (id,) in self._fetch(_ALIASES, listed(some))}
            for question in _TOLD_OF:
                self._linked |= {id for (id,) in self._fetch(question, listed(some))}
        self._messages |= self.found.messages | self.found.aliases
        self._keys |= self.found.keys
        self.found.naming |= {id for id, key in self._quoting.items() if key in self._keys}
        self.found.naming -= self._messages
        self.found.unsent -= self._messages | self.found.naming
        self.found.reacted -= self._messages

    def at_events(self, start: int, stop: int) -> None:
        for event in map(_Event._make, self._fetch(_EVENTS, start, stop)):
            if event.type == EventType.NOTIFICATION_QUARANTINED and event.notification_id:
                self._problems[event.notification_id] = event.seq
            if self._is_about_them(event):
                self.found.events.add(event.seq)
            elif self._person.is_in(event.data):
                self.found.telling.add(event.seq)
            elif event.message_id not in self.found.naming:
                continue
            self._linked.add(event.notification_id or 0)

    def at_bodies(self, start: int, stop: int) -> None:
        for id, encoding, kept in self._fetch(_BODIES, start, stop):
            body = bodies.unpack(encoding, kept)
            names_them = self._person.is_in_body(body)
            if names_them and self._person.is_receiver(body):
                raise self._ours()
            if names_them or id in self._linked or self._quotes(body):
                self.found.notifications.add(id)

    def take_problems(self) -> None:
        """Take the events of bodies that could not be read: what is wrong may be what they said."""
        told = self._problems.keys() & self.found.notifications
        self.found.problems = {self._problems[id] for id in told}
        self.found.events -= self.found.problems
        self.found.telling -= self.found.problems

    def _is_theirs(self, row: _Row) -> bool:
        said_by = self._person.is_named(row.sender_id) or self._person.is_named(row.sender_phone)
        if said_by and row.direction == "outgoing":
            raise self._ours()
        if said_by:
            self._know_as(row.sender_id, row.sender_phone)
        return (
            said_by
            or row.conversation_id in self._conversations
            or self._person.is_party(row.whatsapp_id)
        )

    def _ours(self) -> IsOurs:
        return IsOurs(
            f"{self._person.chat_id} is one of our own phones, which nearly every notification "
            "names: give the number of who wrote to it"
        )

    def _know_as(self, *names: str | None) -> None:
        self.found.also |= {one for one in names if one and not self._person.is_named(one)}

    def _take(self, id: int, notification_id: int, key: int | None) -> None:
        self.found.messages.add(id)
        self._linked.add(notification_id)
        if key is not None:
            self.found.keys.add(key)

    def _name(self, id: int, notification_id: int, *, is_unsent: bool) -> None:
        (self.found.unsent if is_unsent else self.found.naming).add(id)
        self._linked.add(notification_id)

    def _quote(self, id: int, quoted: str) -> None:
        if whatsapp_id := orjson.loads(quoted)["whatsapp_id"]:
            self._quoting[id] = canonical_key(whatsapp_id)

    def _is_about_them(self, event: _Event) -> bool:
        if event.conversation_id in self._conversations or event.message_id in self._messages:
            return True
        return event.type == EventType.MESSAGE_REACTION and self._person.is_named(
            orjson.loads(event.data)["reactor_id"]
        )

    def _quotes(self, body: bytes) -> bool:
        if not self._keys or b'"quoted' not in body:
            return False
        said = notifications.parse(body).said
        quotes = [one.quoted for one in said if isinstance(one, Message) and one.quoted]
        ids = [quote["whatsapp_id"] for quote in quotes if quote["whatsapp_id"]]
        return any(canonical_key(id) in self._keys for id in ids)
