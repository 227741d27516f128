"""Stories of notifications in any order, and a model of what they must come to (promise P3).

The model looks at the set of what was told and never at its order. It is kept apart from the code
that it judges: nothing of the store's or the parser's is used to say what is expected.

Two things are left out, because no order could settle them: messages of one chat and one second
(there the order of arrival counts), and names without a phone where two of our phones have a copy.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from hypothesis import Phase, given, note, seed, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from receiver.store.database import Database, open_writer
from receiver.store.recording import Receipt
from tests.store import bodies, recorded

PHONES = (bodies.PHONE, bodies.OTHER_PHONE)
CHATS = (bodies.CHAT, "15550100012@c.us", bodies.GROUP)
LADDER = (None, "failed", "delivered", "reached", "seen", "played")
DANGLING = "SELECT {1} FROM {0} WHERE {1} NOT IN (SELECT {3} FROM {2})"
REFERENCES = (
    ("messages", "conversation_id", "conversations", "id"),
    ("messages", "notification_id", "notifications", "id"),
    ("conversations", "last_message_id", "messages", "id"),
    ("acks", "message_id", "messages", "id"),
    ("reactions", "message_id", "messages", "id"),
    ("poll_tallies", "message_id", "messages", "id"),
    ("merged_messages", "message_id", "messages", "id"),
    ("events", "conversation_id", "conversations", "id"),
    ("events", "notification_id", "notifications", "id"),
)
"""There are no foreign keys, so it is looked here whether both ends exist."""
ACKS = ("deleted", "delivered", "reached", "seen", "played", "ACK_OF_TOMORROW", None)


@dataclass(frozen=True)
class Subject:
    """A message that is told or spoken of: one phone's copy."""

    key: str
    phone: str
    chat: str
    from_me: bool
    msg_id: str | None = None
    has_bare_acks: bool = False
    has_copies: bool = False
    is_old: bool = False
    """Its id is a bare key, as in the documents of 2023."""

    @property
    def serialized(self) -> str:
        if self.is_old:
            return self.key
        by = "" if self.from_me or self.chat != bodies.GROUP else "15550100099@c.us"
        return bodies.whatsapp_id(self.key, self.chat, from_me=self.from_me, by=by)


@dataclass(frozen=True)
class Version:
    """A message with its content, as it was at a time."""

    subject: Subject
    at: int
    name: str | None

    @property
    def text(self) -> str:
        return f"as of {self.at}"

    def body(self) -> bytes:
        subject = self.subject
        return bodies.message(
            text=self.text,
            at=self.at,
            chat=subject.chat,
            phone=subject.phone,
            from_me=subject.from_me,
            name=self.name,
            serialized=subject.serialized,
        )


@dataclass(frozen=True)
class Entry:
    """A thing that an array of acks says."""

    subject: Subject
    named_by: str
    names_chat: bool
    kind: str
    value: Any
    at: int | None

    def entry(self) -> dict[str, Any]:
        subject = self.subject
        names = {
            "msg_id": {"msg_id": subject.msg_id},
            "both": {"msg_id": subject.msg_id, "rxid": subject.serialized},
            "whatsapp_id": {"msg_id": subject.serialized, "rxid": subject.serialized},
            "bare": {"msg_id": subject.key},
        }[self.named_by]
        fields: dict[str, Any] = {}
        match self.kind:
            case "reaction":
                reactor, emoji = self.value
                fields = {"reactorId": reactor, "reaction": emoji}
            case "poll":
                fields = {"text": "well?", "options": [{"id": 0, "votes": self.value}]}
        return bodies.ack(
            self.value if self.kind == "ack" else None,
            chat=subject.chat if self.names_chat else None,
            at=self.at,
            **names,
            **fields,
        )


@dataclass(frozen=True)
class Acks:
    """An array of acks: of a phone, without one, or in the oldest form."""

    phone: str | None
    is_bare: bool
    entries: tuple[Entry, ...]

    def body(self) -> bytes:
        entries = [entry.entry() for entry in self.entries]
        return (
            bodies.bare_acks(*entries) if self.is_bare else bodies.acks(*entries, phone=self.phone)
        )


@dataclass(frozen=True)
class Failure:
    """The error of a message that was sent through the API."""

    subject: Subject
    code: str

    def body(self) -> bytes:
        subject = self.subject
        assert subject.msg_id
        return bodies.failure(
            subject.msg_id, code=self.code, phone=subject.phone, chat=subject.chat
        )


Told = Version | Acks | Failure

Gather = Callable[..., list[Receipt]]
"""How a test records bodies: `recorded.each` or `recorded.batch`."""


@st.composite
def subjects(draw: st.DrawFn, number: int) -> list[Subject]:
    """Draw a message of a kind; of a group with two phones of ours, both copies."""
    key = f"3EB0{number:04}"
    phone, chat = draw(st.sampled_from(PHONES)), draw(st.sampled_from(CHATS))
    match draw(st.sampled_from(("by API", "incoming", "by hand", "old form", "copies"))):
        case "incoming":
            return [Subject(key, phone, chat, False)]
        case "by hand":
            return [Subject(key, phone, chat, True, has_bare_acks=True)]
        case "old form":
            return [Subject(key, phone, chat, draw(st.booleans()), has_bare_acks=True, is_old=True)]
        case "by API":
            msg_id = f"a000000{number}-0001-11ee-8001-000000000001"
            return [Subject(key, phone, chat, True, msg_id=msg_id)]
        case _:
            return [Subject(key, phone, bodies.GROUP, False, has_copies=True) for phone in PHONES]


@st.composite
def entries(draw: st.DrawFn, among: Sequence[Subject]) -> Entry:
    """Draw something that is said about one of these messages."""
    subject = draw(st.sampled_from(among))
    named_by = ["whatsapp_id"]
    if subject.msg_id:
        named_by = ["msg_id", "both", "whatsapp_id"]
    elif subject.has_bare_acks:
        named_by = ["bare"] if subject.is_old else ["bare", "whatsapp_id"]
    kind = draw(st.sampled_from(("ack", "ack", "reaction", "poll")))
    value = {
        "ack": st.sampled_from(ACKS),
        "reaction": st.tuples(st.sampled_from(CHATS[:2]), st.sampled_from(("👍", "😮", ""))),
        "poll": st.integers(0, 2),
    }[kind]
    return Entry(
        subject,
        draw(st.sampled_from(named_by)),
        draw(st.booleans()),
        kind,
        draw(value),
        draw(st.sampled_from((None, bodies.SENT + 1, bodies.SENT + 2))),
    )


@st.composite
def arrays(draw: st.DrawFn, among: Sequence[Subject]) -> Acks:
    """Draw an array of acks."""
    phones: set[str | None] = {subject.phone for subject in among}
    if phoneless := [subject for subject in among if not subject.has_copies]:
        phones.add(None)
    phone = draw(st.sampled_from(sorted(phones, key=str)))
    eligible = [one for one in among if one.phone == phone] if phone else phoneless
    told = draw(st.lists(entries(eligible), min_size=1, max_size=2))
    return Acks(phone, phone is None and draw(st.booleans()), tuple(told))


@st.composite
def worlds(draw: st.DrawFn) -> list[Told]:
    """Draw messages, some in several versions, and what is said about them."""
    count = draw(st.integers(1, 4))
    among = [subject for number in range(count) for subject in draw(subjects(number))]
    minutes = draw(st.permutations(range(3 * len(among))))
    told: list[Told] = []
    for number, subject in enumerate(among):
        for minute in minutes[3 * number :][: draw(st.integers(0, 3))]:
            name = draw(st.sampled_from((None, "Ann", "Bob")))
            told.append(Version(subject, bodies.SENT + 60 * minute, name))
        if subject.msg_id:
            codes = draw(st.lists(st.sampled_from(("F04", "W05")), max_size=2, unique=True))
            told += [Failure(subject, code) for code in codes]
    return told + draw(st.lists(arrays(among), max_size=6))


@st.composite
def rumours(draw: st.DrawFn) -> list[Told]:
    """Draw what is said about one message alone, by names that have to be brought together."""
    subject = Subject("3EB01", PHONES[0], CHATS[0], True, msg_id=bodies.UUID)
    told: list[Told] = list(draw(st.lists(arrays([subject]), min_size=2, max_size=5)))
    return told + draw(st.lists(st.just(Failure(subject, "F04")), max_size=1))


@st.composite
def stories(draw: st.DrawFn) -> list[list[Told]]:
    """Draw notifications with repeats, in any order, gathered into batches."""
    told = draw(st.one_of(worlds(), rumours()))
    if told:
        told += draw(st.lists(st.sampled_from(told), max_size=4))
    batches: list[list[Told]] = [[]]
    for one in draw(st.permutations(told)):
        if draw(st.booleans()):
            batches.append([])
        batches[-1].append(one)
    return batches


def explore(database: Database, *, examples: int, first: int | None = None) -> None:
    """Try stories drawn by Hypothesis; those that follow from `first` are the same each time.

    Raises:
        AssertionError: a story ends otherwise; it is the smallest found, unless `first` is given.
    """

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink) if first is None else (Phase.generate,),
    )
    @given(stories())
    def any_order_ends_alike(batches: list[list[Told]]) -> None:
        note("\n".join(f"{batch}" for batch in batches))
        check(database, connection, batches)

    if first is not None:
        any_order_ends_alike = seed(first)(any_order_ends_alike)
    with _open(database) as connection:
        any_order_ends_alike()


def exhaust(database: Database, *told: Told) -> None:
    """Try a few notifications in every order, one by one, in one batch, and in two.

    Raises:
        AssertionError: a story ends otherwise.
    """
    with _open(database) as connection:
        for order in permutations(told):
            middle = len(told) // 2
            check(database, connection, [order])
            check(database, connection, [order[:middle], order[middle:]])
            if database.file:
                check(database, connection, [[one] for one in order])


def check(database: Database, connection: Connection, batches: Sequence[Sequence[Told]]) -> None:
    """Record a story in an empty database, and compare what is shown with what is expected."""
    forget_everything(connection)
    _record(database, connection, batches)
    _compare(database, {one for batch in batches for one in batch})


def _open(database: Database) -> Connection:
    connection = open_writer(database)
    if database.file:
        # It is order that is tried here, and a sync would be most of the time.
        connection.connection.driver_connection.execute("PRAGMA synchronous=OFF")
    return connection


def forget_everything(connection: Connection) -> None:
    """Empty a database, as if nothing had ever come."""
    with connection.begin():
        for table in reversed(SQLModel.metadata.sorted_tables):
            if table.name != "heads":
                connection.execute(table.delete())
        connection.execute(
            text(
                "UPDATE heads SET notification_id = 0, conversation_id = 0, message_id = 0, seq = 0"
            )
        )


def drop_constraint(database: Database, table: str, name: str) -> None:
    """Empty a database and take away a constraint that the store relies on."""
    with open_writer(database) as connection:
        forget_everything(connection)
        with connection.begin():
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table(table) as batch:
                batch.drop_constraint(name, type_="unique")


def _record(database: Database, connection: Connection, batches: Iterable[Sequence[Told]]) -> None:
    """Record batches; repeats are told so, and no status goes back on the way."""
    first_ids: dict[bytes, int] = {}
    shown: dict[int, str | None] = {}
    for batch in batches:
        sent = [one.body() for one in batch]
        for body, receipt in zip(sent, recorded.commit(connection, sent), strict=True):
            status = "duplicate" if body in first_ids else "stored"
            first = first_ids.setdefault(body, receipt.notification_id)
            assert (receipt.status, receipt.notification_id) == (status, first)
        now = {message["id"]: message["status"] for message in recorded.messages(database)}
        for message_id, before in shown.items():
            if message_id not in now:
                now[message_id] = recorded.message(database, message_id)["status"]
            assert LADDER.index(now[message_id]) >= LADDER.index(before), "a status went back"
        shown = now
    assert recorded.count(database, "notifications") == len(first_ids)


def _compare(database: Database, told: set[Told]) -> None:
    expected = _expect_messages(told)
    shown = recorded.messages(database)
    assert _sorted(comparable(message) for message in shown) == _sorted(expected)
    assert _shown_summaries(database) == _expect_summaries(told)
    _compare_journal(database, told, shown)
    for reference in REFERENCES:
        assert recorded.rows(database, DANGLING.format(*reference)) == [], reference


# What is expected.


def _expect_messages(told: set[Told]) -> list[dict[str, Any]]:
    versions, said = defaultdict(list), defaultdict(list)
    for one in told:
        match one:
            case Version():
                versions[one.subject].append(one)
            case Failure():
                said[one.subject].append(("msg_id", one.subject.phone, one))
            case Acks():
                for entry in one.entries:
                    said[entry.subject].append((entry.named_by, one.phone, entry))
    expected = []
    for subject in versions.keys() | said.keys():
        for part in _parts(said[subject], versions[subject]):
            expected.append(_expect_message(subject, *part))
    return expected


def _parts(said: list[Any], versions: list[Version]) -> list[tuple[list[Any], list[Version]]]:
    """Tell apart what only the API's id names, unless something told both names."""
    by_msg_id = [one for one in said if one[0] == "msg_id"]
    others = [one for one in said if one[0] != "msg_id"]
    if any(named_by == "both" for named_by, _, _ in others):
        return [(said, versions)]
    return [part for part in ((by_msg_id, []), (others, versions)) if part[0] or part[1]]


def _expect_message(subject: Subject, said: list[Any], versions: list[Version]) -> dict[str, Any]:
    names = {named_by for named_by, _, _ in said} | ({"whatsapp_id"} if versions else set())
    has_whole_id = bool(names & {"whatsapp_id", "both"}) and not subject.is_old
    told = [one for _, _, one in said]
    told_acks = {(one.value or "unknown", one.at) for one in told if _is(one, "ack")}
    told_acks = {(kind.lower(), at) for kind, at in told_acks}
    latest = max(versions, key=lambda version: version.at, default=None)
    failures = [one for one in told if isinstance(one, Failure)]
    steps = {kind for kind, _ in told_acks} | ({"failed"} if failures else set())
    deleted = [at * 1000 if at else recorded.NOW for kind, at in told_acks if kind == "deleted"]
    knows_phone = versions or any(phone for _, phone, _ in said) or failures
    knows_side = has_whole_id or versions
    knows_chat = (
        has_whole_id or versions or any(isinstance(one, Failure) or one.names_chat for one in told)
    )
    return {
        "phone_id": subject.phone if knows_phone else None,
        "chat_id": subject.chat if knows_chat else "",
        "direction": "outgoing" if subject.from_me or not knows_side else "incoming",
        "msg_id": {"bare": subject.key}.get(next(iter(names & {"bare"}), ""))
        or (subject.msg_id if names & {"msg_id", "both"} else None),
        "whatsapp_id": subject.serialized
        if has_whole_id or versions
        else (subject.key if "bare" in names else None),
        "type": "text" if latest else None,
        "text": latest and latest.text,
        "sent_at": _time(latest and latest.at * 1000),
        "status": max(steps & set(LADDER), key=LADDER.index, default=None),
        "acks": sorted((kind, _time(at and at * 1000) or "") for kind, at in told_acks),
        "reactions": _expect_reactions(told),
        "poll": _expect_poll(told),
        "deleted_at": _time(min(deleted, default=None)),
        "error": _expect_error(failures),
        "payload": (latest and json.loads(latest.body())["message"]) or {},
    }


def _is(one: Any, kind: str) -> bool:
    return isinstance(one, Entry) and one.kind == kind


def _expect_reactions(told: list[Any]) -> dict[str, str]:
    latest: dict[str, str] = {}
    for one in sorted((one for one in told if _is(one, "reaction")), key=_reaction_order):
        reactor, emoji = one.value
        latest[reactor] = emoji
    return {reactor: emoji for reactor, emoji in latest.items() if emoji}


def _reaction_order(one: Entry) -> tuple[int, str]:
    return one.at or 0, one.value[1]


def _expect_poll(told: list[Any]) -> Any:
    tallies = [(one.at or 0, one.value) for one in told if _is(one, "poll")]
    if not tallies:
        return None
    _, votes = max(tallies)
    return {"text": "well?", "options": [{"id": 0, "votes": votes}]}


def _expect_error(failures: list[Failure]) -> Any:
    codes = [one.code for one in failures]
    return {"code": max(codes), "message": "Options are required."} if codes else None


def _expect_summaries(told: set[Told]) -> dict[tuple[str, str], tuple[Any, ...]]:
    chats: dict[tuple[str, str], list[Version]] = defaultdict(list)
    for one in told:
        if isinstance(one, Version):
            chats[one.subject.phone, one.subject.chat].append(one)
    return {chat: _expect_summary(versions) for chat, versions in chats.items()}


def _expect_summary(versions: list[Version]) -> tuple[Any, ...]:
    shown: dict[Subject, Version] = {}
    for version in sorted(versions, key=lambda version: version.at):
        shown[version.subject] = version
    last = max(shown.values(), key=lambda version: version.at)
    answered = max((one.at for one in shown.values() if one.subject.from_me), default=0)
    unread = [one for one in shown.values() if not one.subject.from_me and one.at > answered]
    named = [(one.at, one.name) for one in versions if one.name]
    return last.subject.serialized, last.at * 1000, len(unread), max(named, default=(0, None))[1]


# What is shown.


def comparable(message: dict[str, Any]) -> dict[str, Any]:
    """Leave out our own ids and times of receipt, and the order in which things were received."""
    names = (
        "phone_id chat_id direction msg_id whatsapp_id type text sent_at status poll deleted_at "
        "error payload"
    )
    return {name: message[name] for name in names.split()} | {
        "acks": sorted((ack["type"], ack["at"] or "") for ack in message["acks"]),
        "reactions": {one["reactor_id"]: one["emoji"] for one in message["reactions"]},
    }


def _shown_summaries(database: Database) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = recorded.rows(
        database,
        "SELECT conversations.*, messages.whatsapp_id FROM conversations "
        "JOIN messages ON messages.id = last_message_id",
    )
    return {
        (row["phone_id"], row["chat_id"]): (
            row["whatsapp_id"],
            row["last_activity_at"],
            row["unread"],
            row["name"],
        )
        for row in found
    }


def _compare_journal(database: Database, told: set[Told], shown: list[dict[str, Any]]) -> None:
    events = recorded.events(database)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    by_id = {message["id"]: message for message in shown}
    counts: Counter[tuple[str, str | None, str]] = Counter()
    first_copies: Counter[str] = Counter()
    for event in events:
        message = by_id.get(event["message_id"]) or recorded.message(database, event["message_id"])
        counts[message["phone_id"], message["whatsapp_id"], event["type"]] += 1
        if event["type"] in ("message.received", "message.sent"):
            first_copies[message["whatsapp_id"]] += event["data"]["first_copy"]
    versions = Counter(one.subject for one in told if isinstance(one, Version))
    for subject, number in versions.items():
        copy = subject.phone, subject.serialized
        kind = "message.sent" if subject.from_me else "message.received"
        assert counts[*copy, kind] == 1, "a message arrives once"
        assert counts[*copy, "message.revised"] == number - 1, "a revision arrives once"
        assert first_copies[subject.serialized] == 1, "one copy is the first"
    for message in shown:
        acks = counts[message["phone_id"], message["whatsapp_id"], "message.ack"]
        assert acks >= len(message["acks"]), "no ack without its event"


def _sorted(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(messages, key=lambda message: json.dumps(message, sort_keys=True))


def _time(milliseconds: int | None) -> str | None:
    if not milliseconds:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
