"""Who and what there is: the account, its phones, the people and their groups."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from receiver.simulator import people
from receiver.simulator.options import Options
from receiver.simulator.people import Person

FIRST_PHONE_ID = 12345
REMEMBERED = 1_000
"""Messages of a phone that are kept at least."""
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class PhoneState(StrEnum):
    """What Maytapi tells of a phone."""

    ACTIVE = "active"
    LOADING = "loading"
    IDLE = "idle"
    QR_CODE = "qr-code"
    PHONE_ERROR = "phone-error"
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message in a phone's history."""

    chat_id: str
    whatsapp_id: str
    key: str
    uid: str
    """Who said it."""
    from_me: bool
    at: datetime
    content: Mapping[str, Any]
    name: str = ""

    @property
    def text(self) -> str | None:
        return self.content.get("text") or self.content.get("caption") or None


@dataclass(kw_only=True)
class Phone:
    """One of the account's phones."""

    id: int
    number: str | None
    state: PhoneState = PhoneState.ACTIVE
    webhook: str = ""
    """Its own; empty when the account's is used."""
    ack_delivery: bool | None = None
    """Its own wish; None when the account's counts."""
    ready_at: datetime = _LONG_AGO
    """Until then it is restarting, and answers W05."""
    queue: deque[Any] = field(default_factory=deque)
    """Sends that wait for the phone to be on line."""
    history: list[Said] = field(default_factory=list)
    recently_sent: dict[str, list[tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By chat, the last unique messages and how often each was sent: what the filter looks at."""

    @property
    def chat_id(self) -> str:
        return f"{self.number}@c.us"

    def remember(self, said: Said) -> None:
        """Add to the history, which forgets what is long ago."""
        self.history.append(said)
        if len(self.history) > 2 * REMEMBERED:
            del self.history[:-REMEMBERED]

    def said(self, name: str) -> Said | None:
        """Find a message by WhatsApp's id, whole or its key."""
        return next((it for it in reversed(self.history) if name in (it.whatsapp_id, it.key)), None)


@dataclass(kw_only=True)
class Group:
    """A group; our phones may be in it like anybody else."""

    id: str
    name: str
    members: list[str]
    """Chat ids."""
    admins: list[str]
    config: dict[str, Any] = field(
        default_factory=lambda: {"disappear": False, "edit": "all", "send": "all"}
    )


@dataclass(kw_only=True)
class World:
    """The account and all it has to do with."""

    product_id: str
    webhook: str
    ack_delivery: bool
    phones: dict[int, Phone]
    people: dict[str, Person]
    """By chat id."""
    groups: dict[str, Group]
    phone_limit: int

    def phone(self, name: str) -> Phone | None:
        """Return the phone of this id."""
        return next((it for it in self.phones.values() if str(it.id) == name), None)

    def add_phone(self, number: str | None, state: PhoneState) -> Phone:
        """Add a phone to the account."""
        phone = Phone(id=FIRST_PHONE_ID + len(self.phones), number=number, state=state)
        self.phones[phone.id] = phone
        return phone

    def add_group(self, name: str, members: list[str], admins: list[str]) -> Group:
        """Open a group."""
        group = Group(
            id=f"{120363000000000001 + len(self.groups)}@g.us",
            name=name,
            members=members,
            admins=admins,
        )
        self.groups[group.id] = group
        return group

    def is_on_whatsapp(self, chat_id: str) -> bool:
        """Tell whether a person, or one of our phones, has this chat id."""
        return chat_id in self.people or any(it.chat_id == chat_id for it in self.phones.values())

    def phones_in(self, group: Group) -> Iterator[Phone]:
        """Return our phones that are in a group and on line."""
        for phone in self.phones.values():
            if phone.state is PhoneState.ACTIVE and phone.chat_id in group.members:
                yield phone

    def name_of(self, chat_id: str) -> str:
        """Return what a chat is called; empty where nobody knows."""
        if group := self.groups.get(chat_id):
            return group.name
        person = self.people.get(chat_id)
        return person.name if person else ""

    def webhook_of(self, phone: Phone) -> str:
        """Return where a phone's notifications go; empty for nowhere."""
        return phone.webhook or self.webhook

    def tells_acks_of(self, phone: Phone) -> bool:
        """Tell whether a phone's acks are wanted."""
        return self.ack_delivery if phone.ack_delivery is None else phone.ack_delivery


def build(options: Options) -> World:
    """Make the world that the options describe: every phone is in every group."""
    world = World(
        product_id=options.product_id,
        webhook=options.webhook,
        ack_delivery=bool(options.webhook),
        phones={},
        people={person.chat_id: person for person in people.crowd(options.people)},
        groups={},
        phone_limit=options.phones + 1,
    )
    for place in range(options.phones):
        world.add_phone(f"1555010{1 + place:04}", PhoneState.ACTIVE)
    ours = [phone.chat_id for phone in world.phones.values()]
    for place in range(options.groups):
        name = people.GROUP_NAMES[place % len(people.GROUP_NAMES)]
        members = [*world.people][place::2][:8]
        world.add_group(name, [*ours, *members], members[:1] or ours[:1])
    return world
