"""What notifications must come to: reckoned from the set of them, and never from their order.

It is kept apart from the code that it judges: nothing of the store's or the parser's is used here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.store import recorded
from tests.store.stories import Acks, Entry, Failure, Subject, Told, Version

LADDER = (None, "failed", "delivered", "reached", "seen", "played")

Summary = tuple[str, int, int, str | None]
"""WhatsApp's id of the last message, its time, how many are unread, and the name."""


def messages(told: Iterable[Told]) -> list[dict[str, Any]]:
    """Return the messages that are to be shown, as `comparable` makes them."""
    heard: dict[Subject, _Heard] = {}
    for one in told:
        match one:
            case Version(subject=subject):
                heard.setdefault(subject, _Heard(subject)).versions.append(one)
            case Failure(subject=subject):
                heard.setdefault(subject, _Heard(subject)).failures.append(one)
            case Acks():
                for entry in one.entries:
                    of = heard.setdefault(entry.subject, _Heard(entry.subject))
                    of.entries.append((one.phone, entry))
    return [part.message() for one in heard.values() for part in one.parts()]


def summaries(told: Iterable[Told]) -> dict[tuple[str, str], Summary]:
    """Return the summaries of the chats, by phone and chat, in which something was said."""
    chats: dict[tuple[str, str], list[Version]] = defaultdict(list)
    for one in told:
        if isinstance(one, Version):
            chats[one.subject.phone, one.subject.chat].append(one)
    return {chat: _summary(versions) for chat, versions in chats.items()}


def rung(status: str | None) -> int:
    """Return how high a status is."""
    return LADDER.index(status)


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


@dataclass
class _Heard:
    """All that was told of one message."""

    subject: Subject
    versions: list[Version] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    entries: list[tuple[str | None, Entry]] = field(default_factory=list)
    """Each with the phone that it was told of, if any."""

    def parts(self) -> list[_Heard]:
        """Tell apart what only the API's id names, unless something told both names."""
        if "both" in self.names():
            return [self]
        by_msg_id = [one for one in self.entries if one[1].named_by == "msg_id"]
        others = [one for one in self.entries if one[1].named_by != "msg_id"]
        parts = [
            _Heard(self.subject, failures=self.failures, entries=by_msg_id),
            _Heard(self.subject, versions=self.versions, entries=others),
        ]
        return [part for part in parts if part.versions or part.failures or part.entries]

    def names(self) -> set[str]:
        return {entry.named_by for _, entry in self.entries}

    def message(self) -> dict[str, Any]:
        latest = max(self.versions, key=lambda version: version.at, default=None)
        acks = self._acks()
        steps = {kind for kind, _ in acks} | ({"failed"} if self.failures else set())
        place = self._place()
        # Of what others have said acks are kept, and no status is made.
        steps = steps if place["direction"] == "outgoing" else set()
        status = max(steps & {*LADDER}, key=rung, default=None)
        deleted = [at * 1000 if at else recorded.NOW for kind, at in acks if kind == "deleted"]
        return {
            **place,
            "type": "text" if latest else None,
            "text": latest.text if latest else None,
            "sent_at": _time(latest.at * 1000 if latest else None),
            "payload": json.loads(latest.body())["message"] if latest else {},
            "status": status,
            "acks": sorted((kind, _time(at and at * 1000) or "") for kind, at in acks),
            "deleted_at": _time(min(deleted, default=None)),
            "reactions": self._reactions(),
            "poll": self._poll(),
            # A tick tells that it was sent all the same.
            "error": self._error() if status == "failed" else None,
        }

    def _place(self) -> dict[str, Any]:
        subject, names = self.subject, self.names()
        # A bare key tells neither the chat nor who speaks; a message does, whatever its id.
        has_whole_id = bool(names & {"whatsapp_id", "both"})
        knows_side = has_whole_id or bool(self.versions)
        knows_chat = knows_side or self.failures or any(e.names_chat for _, e in self.entries)
        knows_phone = self.versions or self.failures or any(phone for phone, _ in self.entries)
        msg_id = subject.msg_id if self.failures or names & {"msg_id", "both"} else None
        return {
            "phone_id": subject.phone if knows_phone else None,
            "chat_id": subject.chat if knows_chat else "",
            "direction": "incoming" if knows_side and not subject.from_me else "outgoing",
            "msg_id": subject.key if "bare" in names else msg_id,
            "whatsapp_id": self._id(has_whole_id),
        }

    def _id(self, has_whole_id: bool) -> str | None:
        if self.versions:
            return self.subject.own_id
        if has_whole_id:
            return self.subject.whole_id
        return self.subject.key if "bare" in self.names() else None

    def _of_kind(self, kind: str) -> list[Entry]:
        return [entry for _, entry in self.entries if entry.kind == kind]

    def _acks(self) -> set[tuple[str, int | None]]:
        return {((entry.value or "unknown").lower(), entry.at) for entry in self._of_kind("ack")}

    def _reactions(self) -> dict[str, str]:
        told = sorted((entry.at or 0, entry.value[::-1]) for entry in self._of_kind("reaction"))
        latest = {reactor: emoji for _, (emoji, reactor) in told}
        return {reactor: emoji for reactor, emoji in latest.items() if emoji}

    def _poll(self) -> dict[str, Any] | None:
        told = [(entry.at or 0, entry.value) for entry in self._of_kind("poll")]
        if not told:
            return None
        return {"text": "well?", "options": [{"id": 0, "votes": max(told)[1]}]}

    def _error(self) -> dict[str, str]:
        codes = [failure.code for failure in self.failures]
        return {"code": max(codes), "message": "Options are required."}


def _summary(versions: list[Version]) -> Summary:
    in_order = sorted(versions, key=lambda version: version.at)
    latest = {version.subject: version for version in in_order}.values()
    last = max(latest, key=lambda version: version.at)
    answered = max((one.at for one in latest if one.subject.from_me), default=0)
    unread = [one for one in latest if not one.subject.from_me and one.at > answered]
    names = [one.name for one in in_order if one.name]
    return last.subject.own_id, last.at * 1000, len(unread), names[-1] if names else None


def _time(milliseconds: int | None) -> str | None:
    if not milliseconds:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
