"""The course of things: time goes in, notifications come out; no network, no clock.

Other modules say what happens (`talking`, `sending`, `phones`); here it gets its time, its
randomness and its way to the webhook.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson

from receiver.simulator import faults, notifications, world
from receiver.simulator.agenda import Action, Agenda
from receiver.simulator.ids import Ids
from receiver.simulator.ledger import Ledger
from receiver.simulator.notifications import Body, Source
from receiver.simulator.options import Options
from receiver.simulator.world import Phone


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A body to be posted, and when, counted from its turn: more than once if it is repeated."""

    phone_id: str
    kind: str
    url: str
    body: bytes
    itinerary: tuple[timedelta, ...]
    urgent: bool = False
    """Whether it overtakes all others, and the call that it comes of waits for it."""


class Simulation:
    """One account and its world at a moment that only `advance` moves."""

    def __init__(self, options: Options, now: datetime) -> None:
        self.options = options
        self.now = now
        self.world = world.build(options)
        self.ledger = Ledger()
        # Of its own randomness each, so that one doesn't shift another.
        self.ids = Ids(Random(f"{options.seed} ids"))
        self.life = Random(f"{options.seed} life")
        """How long things take, and who says what."""
        self.luck = Random(f"{options.seed} faults")
        self.turns: defaultdict[tuple[int, str], int] = defaultdict(int)
        """How often somebody has answered to a phone."""
        self._agenda = Agenda()
        self._outbox: list[Notification] = []
        self._collected: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)

    def advance(self, now: datetime) -> list[Notification]:
        """Let everything happen that is due; return what is to be posted because of it."""
        for due, action in self._agenda.until(now):
            self.now = max(self.now, due)
            action()
        self.now = max(self.now, now)
        posted, self._outbox = self._outbox, []
        return posted

    def next_due(self) -> datetime | None:
        """Return when something happens next; None when nothing will unless it is asked for."""
        return self._agenda.next_due()

    @property
    def is_settled(self) -> bool:
        """Whether all has been told that follows from what happened so far."""
        return self._agenda.is_settled and not self._outbox

    def later(self, delay: timedelta, action: Action, *, awaited: bool = True) -> None:
        """Let something happen after a time; `awaited` if nothing is settled before it."""
        self._agenda.plan(self.now + delay, action, awaited=awaited)

    def in_life(self, least: float, most: float, action: Action) -> None:
        """Let something happen after so many seconds at the pace of life."""
        seconds = self.life.uniform(least, most) * self.options.pace
        self.later(timedelta(seconds=seconds), action)

    def source(self, phone: Phone) -> Source:
        """Return whose notification it is, for `notifications`."""
        return Source(self.options.era, self.world.product_id, phone)

    def post(self, phone: Phone, kind: str, body: Body, *, urgent: bool = False) -> bool:
        """Send a notification on its way; False when there is no webhook to tell."""
        url = self.world.webhook_of(phone)
        if not url:
            return False
        self._outbox.append(
            Notification(
                phone_id=str(phone.id),
                kind=kind,
                url=url,
                body=orjson.dumps(body),
                itinerary=faults.itinerary(self.options.faults, self.luck, pace=self.options.pace),
                urgent=urgent,
            )
        )
        return True

    def collect(self, phone: Phone, entry: Mapping[str, Any]) -> None:
        """Put an entry into the phone's next array of acks, if acks are wanted."""
        if not self.world.tells_acks_of(phone) or not notifications.is_told(
            self.options.era, entry
        ):
            return
        if not self._collected[phone.id]:
            self.later(self.options.ack_interval, lambda: self.tell_acks(phone))
        self._collected[phone.id].append(entry)

    def tell_acks(self, phone: Phone, *, urgent: bool = False) -> None:
        """Post what was collected so far."""
        entries = self._collected.pop(phone.id, [])
        if not entries:
            return
        if self.luck.random() < self.options.faults.reordered:
            self.luck.shuffle(entries)
        body = notifications.acks(self.source(phone), entries)
        if self.post(phone, "ack", body, urgent=urgent):
            for entry in entries:
                if "ackType" in entry:
                    self.ledger.tick(entry["msgId"], entry["ackType"])
