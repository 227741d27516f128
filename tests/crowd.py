"""A crowd of clients that writes down what it was told, and holds the database to it.

It knows nothing of the receiver but its address. What it was answered 200 to must be stored, once
and whole; what was not answered may be; and nothing else.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

from tests import databases, payloads
from tests.bodies import SENT, ack, acks
from tests.processes import TOKEN
from tests.waiting import NET

REPEATED = 0.05
"""The share of bodies that two clients post at the same time."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a body must lead to."""

    status: str
    events: int
    message: tuple[str, str] | None = None
    """WhatsApp's id and the text."""


class Crowd:
    """Clients that post distinct bodies as fast as they are answered, from `with` to its end."""

    def __init__(self, seed: int, urls: Sequence[str], *, clients: int = 8) -> None:
        self.sent: dict[bytes, Sent] = {}
        self.told: list[tuple[bytes, dict[str, Any]]] = []
        """Each 200: what was posted, and what was answered."""
        self.refused: list[int] = []
        self.unanswered = 0
        self._urls = urls
        self._again: deque[bytes] = deque()
        self._ended = False
        self._moved = threading.Condition()
        self._threads = [
            threading.Thread(target=self._post_on, args=(number, Random(f"{seed} {number}")))
            for number in range(clients)
        ]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self.move(self._urls)
        for thread in self._threads:
            thread.join(NET)
            assert not thread.is_alive()

    def move(self, urls: Sequence[str]) -> None:
        """Go on elsewhere: whoever got no answer is waiting for it."""
        with self._moved:
            self._urls = [*urls]
            self._moved.notify_all()

    def _post_on(self, number: int, random: Random) -> None:
        bodies = _bodies(number, random)
        with httpx2.Client(timeout=NET) as client:
            while not self._ended:
                urls = self._urls
                body = self._next(bodies, random)
                address = f"{urls[number % len(urls)]}/webhook/{TOKEN}"
                try:
                    answer = client.post(address, content=body)
                except httpx2.TransportError:
                    self.unanswered += 1
                    if random.random() < 0.5:
                        self._again.append(body)
                    self._wait_for_others_than(urls)
                else:
                    self._write_down(body, answer)

    def _next(self, bodies: Iterator[tuple[bytes, Sent]], random: Random) -> bytes:
        try:
            return self._again.popleft()
        except IndexError:
            body, sent = next(bodies)
        self.sent[body] = sent
        if random.random() < REPEATED:
            self._again.append(body)
        return body

    def _write_down(self, body: bytes, answer: httpx2.Response) -> None:
        if answer.status_code == 200:
            self.told.append((body, answer.json()))
        else:
            self.refused.append(answer.status_code)

    def _wait_for_others_than(self, urls: Sequence[str]) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._urls is not urls or self._ended, NET)


@dataclass
class Findings:
    """What a database lacks, or has too much of; equal to `Findings()` when it is right."""

    lost: list[bytes] = field(default_factory=list)
    """Answered 200, and not there."""
    repeated: list[bytes] = field(default_factory=list)
    invented: list[bytes] = field(default_factory=list)
    misnamed: list[dict[str, Any]] = field(default_factory=list)
    """Answers that named another notification, or another number of events."""
    misread: list[bytes] = field(default_factory=list)
    incomplete: list[bytes] = field(default_factory=list)
    """Stored without its events, or without its message."""
    holes: list[int] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)


def check(crowd: Crowd, url: str) -> Findings:
    """Compare what the crowd was told with what a database holds."""
    findings = Findings()
    stored = databases.notifications(url)
    ids = {notification.body: notification.id for notification in stored}
    copies = Counter(notification.body for notification in stored)
    findings.lost = [body for body in {body for body, _ in crowd.told} if body not in ids]
    findings.repeated = [body for body, count in copies.items() if count > 1]
    findings.invented = [body for body in ids if body not in crowd.sent]
    events = _counted(url, "SELECT notification_id, count(*) FROM events GROUP BY notification_id")
    for body, receipt in crowd.told:
        added = 0 if receipt["status"] == "duplicate" else events[receipt["notification_id"]]
        if (ids.get(body), added) != (receipt["notification_id"], receipt["events"]):
            findings.misnamed.append(receipt)
    messages = Counter(
        (row.whatsapp_id, row.text)
        for row in databases.ask(url, "SELECT whatsapp_id, text FROM messages WHERE type <> ''")
    )
    for notification in stored:
        sent = crowd.sent.get(notification.body)
        if sent is None:
            continue
        if sent.status != notification.status:
            findings.misread.append(notification.body)
        if events[notification.id] != sent.events or (sent.message and messages[sent.message] != 1):
            findings.incomplete.append(notification.body)
    sequence = [row.seq for row in databases.ask(url, "SELECT seq FROM events ORDER BY seq")]
    findings.holes = sorted(set(range(1, len(sequence) + 1)) ^ set(sequence))
    findings.unsound = _unsound(url, len(sequence))
    return findings


def _counted(url: str, sql: str) -> Counter[int]:
    return Counter({row[0]: row[1] for row in databases.ask(url, sql)})


def _unsound(url: str, last: int) -> list[str]:
    found = []
    if url.startswith("sqlite"):
        found += [row[0] for row in databases.ask(url, "PRAGMA integrity_check") if row[0] != "ok"]
        found += [str(row) for row in databases.ask(url, "PRAGMA foreign_key_check")]
    [head] = databases.ask(url, "SELECT seq FROM heads")
    if head.seq != last:
        found.append(f"the head is {head.seq} and the last event {last}")
    return found


def _bodies(client: int, random: Random) -> Iterator[tuple[bytes, Sent]]:
    """Make bodies that no other client makes: messages, acks, and some that can't be read."""
    for number in itertools.count():
        kind = random.random()
        if kind < 0.02:
            yield (
                b'{"type": "message", [%d, %d' % (client, number),
                Sent(status="quarantined", events=1),
            )
        elif kind < 0.2:
            yield _acks(client, number, random.randint(1, 4))
        else:
            yield _message(client, number, random)


def _message(client: int, number: int, random: Random) -> tuple[bytes, Sent]:
    chat_id = f"1555{client:03}{random.randrange(5):04}@c.us"
    whatsapp_id = f"false_{chat_id}_{client:04X}{number:016X}"
    length = random.randint(4_000, 20_000) if random.random() < 0.05 else random.randint(1, 200)
    text = "".join(random.choices("abcdefghij ä€😀", k=length))
    payload = payloads.load("message-text-dm")
    payload["message"] |= {"id": whatsapp_id, "_serialized": whatsapp_id, "text": text}
    payload |= {"conversation": chat_id, "timestamp": SENT + number}
    sent = Sent(status="stored", events=1, message=(whatsapp_id, text))
    return json.dumps(payload, ensure_ascii=random.random() < 0.5).encode(), sent


def _acks(client: int, number: int, count: int) -> tuple[bytes, Sent]:
    chat, at = f"1555{client:03}9999@c.us", SENT + number
    names = (f"{client:04X}{number:012X}{place:04X}" for place in range(count))
    body = acks(*(ack("delivered", msg_id=name, chat=chat, at=at) for name in names))
    return body, Sent(status="stored", events=count)
