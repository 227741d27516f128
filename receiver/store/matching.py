"""Tell which calls of ours without an answer are meant by what Maytapi told of unknown messages.

All that decides it lives here, and nothing else. A match must be the only one possible, in both
directions and with calls that are under way counted in: a message that stays unknown does less harm
than one that is taken for another. A busy conversation has thousands of both: what may belong
together is looked up by its time, and never every one compared with every other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from receiver.maytapi import acks
from receiver.maytapi.identity import is_api_id

CALL_WITHIN = timedelta(minutes=5)
"""From the call to the moment at which Maytapi makes up the name."""
TOLD_WITHIN = timedelta(minutes=10)
"""From the call to what is told of it, where the name itself tells no time."""
SKEW = timedelta(minutes=1)
"""How far Maytapi's clock may be from ours."""

CREDIBLE = timedelta(days=30)
"""How far the time in a name may be from that at which we heard of it: further off it is none."""

_MILLISECOND = timedelta(milliseconds=1)
_CREDIBLE = CREDIBLE // _MILLISECOND
BEFORE = SKEW // _MILLISECOND
AFTER = TOLD_WITHIN // _MILLISECOND
"""How far what is told of a call may be from it, unless it was answered; in milliseconds."""
_UUID_EPOCH_MS = 12_219_292_800_000
"""From 15 October 1582, where the time in a UUID begins, to 1970."""


class Sent(NamedTuple):
    """A call of ours in one of the conversations, of which no echo is known."""

    id: int
    conversation_id: int
    type: str
    text: str | None
    status: str
    called_at: int
    answered_at: int | None

    @property
    def is_open(self) -> bool:
        """Whether it is under way, or nobody knows what came of it."""
        return self.answered_at is None

    @property
    def is_unknown(self) -> bool:
        """Whether it is to be settled."""
        return self.is_open and self.status == acks.UNKNOWN


class Stranger(NamedTuple):
    """An outgoing message that we did not send, as far as is known."""

    id: int
    conversation_id: int
    type: str | None
    text: str | None
    msg_id: str | None
    at: int
    received_at: int


class _Told(NamedTuple):
    """What a stranger tells: when it was made, or about when."""

    stranger: Stranger
    made_at: int | None
    about: int


Pairs = list[tuple[Sent, Stranger]]
Thing = TypeVar("Thing")


def names(sent: Iterable[Sent], strangers: Iterable[Stranger]) -> Pairs:
    """Return the calls of which these are the names that were never answered to us."""
    calls = [one for one in sent if one.is_open]
    told = [
        _Told(stranger, made_at := _made_at(stranger), made_at or stranger.received_at)
        for stranger in strangers
        if stranger.type is None and stranger.msg_id and is_api_id(stranger.msg_id)
    ]
    return _matches(calls, told, lambda one: one.conversation_id, _may_name)


def echoes(sent: Iterable[Sent], strangers: Iterable[Stranger]) -> Pairs:
    """Return the calls of which these are the messages themselves."""
    texts = [one for one in sent if one.type == "text"]
    told = [_Told(one, None, one.at) for one in strangers if one.type == "text"]
    return _matches(texts, told, lambda one: (one.conversation_id, one.text), _may_echo)


def _may_name(one: Sent, told: _Told) -> bool:
    """Tell whether a name may be the one of a call without an answer."""
    if told.made_at is None:
        return told.about <= one.called_at + AFTER
    return -SKEW <= (told.made_at - one.called_at) * _MILLISECOND <= CALL_WITHIN


def _may_echo(one: Sent, told: _Told) -> bool:
    """Tell whether a message may be the echo of one that we sent, answered or not."""
    # What was answered may be echoed at any time later, and then the echo is not that of another.
    since = told.about - one.called_at
    return since >= -BEFORE and (since <= AFTER or not one.is_open)


def _matches(
    sent: Sequence[Sent],
    told: Sequence[_Told],
    topic: Callable[[Sent | Stranger], Hashable],
    may_be: Callable[[Sent, _Told], bool],
) -> Pairs:
    """Return the pairs of one topic in which each is the only one that the other may be."""
    strangers = _Lines((topic(one.stranger), one.about, one) for one in told)
    calls = _Lines((topic(one), one.called_at, one) for one in sent if one.is_open)
    answered = _Lines((topic(one), one.called_at, one) for one in sent if not one.is_open)

    def is_one(one: Sent, told: _Told) -> bool:
        stranger = told.stranger
        is_news = stranger.id > one.id and stranger.received_at >= one.called_at
        return is_news and may_be(one, told)

    def means(one: Sent) -> Iterator[_Told]:
        near = strangers.near(topic(one), one.called_at, before=BEFORE, after=AFTER)
        return (other for other in near if is_one(one, other))

    def meant_by(told: _Told) -> Iterator[Sent]:
        key, at, received_at = topic(told.stranger), told.about, told.stranger.received_at
        after = min(BEFORE, received_at - at)
        earlier = answered.near(key, at, before=at, after=after)
        near = calls.near(key, at, before=AFTER, after=after)
        return (one for one in chain(earlier, near) if is_one(one, told))

    return [
        (one, other.stranger)
        for one in sent
        if one.is_unknown and (other := _only(means(one))) and _only(meant_by(other))
    ]


class _Lines(Generic[Thing]):
    """Things of several topics, those of each in the order of a time."""

    def __init__(self, things: Iterable[tuple[Hashable, int, Thing]]) -> None:
        self._lines: defaultdict[Hashable, tuple[list[int], list[Thing]]]
        self._lines = defaultdict(lambda: ([], []))
        for topic, time, thing in sorted(things, key=lambda each: each[1]):
            times, line = self._lines[topic]
            times.append(time)
            line.append(thing)

    def near(self, topic: Hashable, at: int, *, before: int, after: int) -> Iterator[Thing]:
        """Return the things of a topic from so long before a time to so long after it.

        First those after it, the nearest first, then those before it, likewise.
        """
        times, line = self._lines[topic]
        first = bisect_left(times, at - before)
        end = bisect_right(times, at + after, first)
        here = bisect_left(times, at, first, end)
        return (line[n] for n in chain(range(here, end), reversed(range(first, here))))


def _only(found: Iterator[Thing]) -> Thing | None:
    """Return what was found, unless there is more."""
    some = [*islice(found, 2)]
    return some[0] if len(some) == 1 else None


def _made_at(stranger: Stranger) -> int | None:
    """Return the time in a name, in milliseconds since 1970; only one version of UUIDs has it."""
    uuid = UUID(stranger.msg_id)
    made_at = uuid.time // 10_000 - _UUID_EPOCH_MS
    has_time = uuid.version == 1 and abs(made_at - stranger.received_at) <= _CREDIBLE
    return made_at if has_time else None
