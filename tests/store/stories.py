"""Stories for promise P3: what Maytapi may tell of a few messages, in any order and grouping.

Two things are left out, because no order could settle them: messages of one chat and one second
(there the order of arrival counts), and names without a phone where two of our phones have a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests import bodies

PHONES = (bodies.PHONE, bodies.OTHER_PHONE)
CHATS = (bodies.CHAT, "15550100012@c.us", bodies.GROUP)
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
    def own_id(self) -> str:
        return self.key if self.is_old else self.whole_id

    @property
    def whole_id(self) -> str:
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
            serialized=subject.own_id,
        )


@dataclass(frozen=True)
class Entry:
    """A thing that an array of acks says."""

    subject: Subject
    named_by: str
    """`msg_id`, `whatsapp_id`, `both`, or `bare` for the key alone."""
    names_chat: bool
    kind: str
    """`ack`, `reaction` or `poll`."""
    value: Any
    """The type of the ack, who reacted how, or the votes."""
    at: int | None

    def entry(self) -> dict[str, Any]:
        subject = self.subject
        msg_id, rxid = {
            "msg_id": (subject.msg_id, None),
            "both": (subject.msg_id, subject.whole_id),
            "whatsapp_id": (subject.whole_id, subject.whole_id),
            "bare": (subject.key, None),
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
            msg_id=msg_id,
            rxid=rxid,
            chat=subject.chat if self.names_chat else None,
            at=self.at,
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
        named_by = ["bare", "whatsapp_id"] if subject.from_me else ["bare"]
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
