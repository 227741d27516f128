"""Find the messages that acks, reactions, tallies and errors speak of, by whatever name.

A name may be the `msgId` of sendMessage, WhatsApp's id, or both (which teaches that they are one).
A message that nobody has spoken of before gets a row here, without a type until it turns up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from receiver.maytapi import acks
from receiver.maytapi.identity import canonical_key, identify, is_api_id, is_bare, take_apart
from receiver.maytapi.notifications import About, Named
from receiver.store import conversations, merging
from receiver.store.journal import Heads
from receiver.store.messages import Arrival
from receiver.store.rows import Transaction, listed
from receiver.store.tables import MessageRow


@dataclass(slots=True, eq=False)
class Target:
    """A message that something is said about, while a batch is recorded."""

    id: int
    phone_id: str
    chat_id: str
    conversation_id: int
    msg_id: str | None
    whatsapp_id: str | None
    key: int | None
    """The canonical key of the WhatsApp id."""
    type: str | None
    status: str | None
    deleted_at: int | None
    error: str | None
    is_new: bool = False
    moved: bool = False
    merged_into: Target | None = None

    def final(self) -> Target:
        """Return the message that this one is, after all that was learnt."""
        target = self
        while target.merged_into:
            target = target.merged_into
        return target


class _NewTarget(NamedTuple):
    phone_id: str
    conversation_id: int
    direction: str
    msg_id: str | None
    whatsapp_id: str | None
    canonical_key: int | None
    copy_key: int | None
    notification_id: int
    received_at: int
    at: int
    id: int


class _MsgId(NamedTuple):
    msg_id: str | None
    id: int


class _Renamed(NamedTuple):
    phone_id: str
    conversation_id: int
    msg_id: str | None
    whatsapp_id: str | None
    canonical_key: int | None
    copy_key: int | None
    id: int


_COLUMNS = """
SELECT messages.id, messages.phone_id, chat_id, conversation_id, msg_id, whatsapp_id, canonical_key,
       type, status, deleted_at, error
FROM messages JOIN conversations ON conversations.id = conversation_id
"""

_BY_MSG_ID = _COLUMNS + "WHERE msg_id {among_texts}"

_BY_WHATSAPP_ID = _COLUMNS + "WHERE canonical_key {among_numbers}"

_UNNAME = "UPDATE messages SET canonical_key = NULL, copy_key = NULL WHERE id {among_numbers}"

_Identity = tuple[str, str, str | None]
"""Phone, chat and WhatsApp's id."""


def resolve(
    transaction: Transaction,
    heads: Heads,
    arrivals: Sequence[Arrival[About]],
    *,
    received_at: int,
) -> list[Target]:
    """Return the message of each arrival, in their order; rows and names are written."""
    names = [_completed(arrival.said.about) for arrival in arrivals]
    known = _load(transaction, names)
    targets = []
    for arrival, named in zip(arrivals, names, strict=True):
        target = known.find(named) or known.add(named, heads, arrival.notification_id)
        targets.append(target)
    _join_namesakes(transaction, known)
    _write(transaction, heads, known, received_at)
    return [target.final() for target in targets]


def _completed(named: Named) -> Named:
    if named.whatsapp_id is None and named.msg_id and not is_api_id(named.msg_id):
        # The documents show sendMessage answering with WhatsApp's key.
        return named._replace(whatsapp_id=named.msg_id)
    return named


def _chat_of(named: Named) -> str:
    # For polls `chatId` has been seen to name a person although the poll was in a group.
    parts = take_apart(named.whatsapp_id) if named.whatsapp_id else None
    return parts.chat_id if parts else named.chat_id or ""


def _key_of(named: Named) -> int | None:
    return canonical_key(named.whatsapp_id) if named.whatsapp_id else None


@dataclass(slots=True)
class _Known:
    """The messages that a batch of names may mean, by each of their names."""

    by_msg_id: dict[str, list[Target]] = field(default_factory=dict)
    by_key: dict[int, list[Target]] = field(default_factory=dict)
    by_id: dict[int, Target] = field(default_factory=dict)
    asked: set[str | int] = field(default_factory=set)
    """Names and keys by which all that is stored has been loaded."""
    added: list[tuple[Target, int]] = field(default_factory=list)
    merges: list[tuple[Target, Target]] = field(default_factory=list)
    renamed: dict[Target, _Identity] = field(default_factory=dict)
    """Each with what it was before."""
    learnt_msg_id: dict[Target, None] = field(default_factory=dict)
    """Those whose `msgId` was learnt: where nothing else was, one index is written, and not all."""
    unchecked: dict[Target, None] = field(default_factory=dict)
    """Those that may have come to have the names of another one, by what was learnt."""

    def take(self, target: Target) -> None:
        """Make a message findable."""
        self.by_id[target.id] = target
        if target.msg_id:
            _add_once(self.by_msg_id.setdefault(target.msg_id, []), target)
        if target.key is not None:
            _add_once(self.by_key.setdefault(target.key, []), target)

    def find(self, named: Named) -> Target | None:
        """Return the message of these names; two rows that they join become one."""
        one = self._find_sent(named)
        if one and one.chat_id and _names(one) == _names(named):
            return one
        # Two phones have two copies: what tells no phone may not make one of them.
        phone_id = named.phone_id or (one.phone_id if one else "")
        other = self._find_told(named._replace(phone_id=phone_id))
        if one and other and one is not other:
            one = self._join(one, other)
        target = one or other
        if target:
            self._learn(target, named)
        return target

    def _find_sent(self, named: Named) -> Target | None:
        """Return the message that sendMessage gave this id."""
        return _first(_final(self.by_msg_id.get(named.msg_id, ())), named) if named.msg_id else None

    def _find_told(self, named: Named) -> Target | None:
        """Return the message that WhatsApp gave this id, rather than one of its bare key."""
        if not named.whatsapp_id:
            return None
        candidates = _final(self.by_key.get(canonical_key(named.whatsapp_id), ()))
        same = [target for target in candidates if _same_id(target, named)]
        same.sort(key=lambda target: target.whatsapp_id != named.whatsapp_id)
        return _first(same, named)

    def add(self, named: Named, heads: Heads, notification_id: int) -> Target:
        """Begin a message that is known by what is said about it alone."""
        heads.message_id += 1
        target = Target(
            heads.message_id, named.phone_id, _chat_of(named), 0, named.msg_id, named.whatsapp_id,
            _key_of(named), None, None, None, None, is_new=True,
        )  # fmt: skip
        self.added.append((target, notification_id))
        self.take(target)
        return target

    def _join(self, one: Target, other: Target) -> Target:
        kept, gone = sorted((one, other), key=lambda target: (target.type is None, target.id))
        gone.merged_into = kept
        kept.status = acks.higher(kept.status, gone.status)
        kept.deleted_at = min(filter(None, (kept.deleted_at, gone.deleted_at)), default=None)
        kept.error = kept.error or gone.error
        if gone.is_new:
            kept.moved = True
        else:
            self.merges.append((kept, gone))
        self._learn(kept, Named(gone.phone_id, gone.chat_id, gone.msg_id, gone.whatsapp_id))
        return kept

    def _learn(self, target: Target, named: Named) -> None:
        msg_id, identity = target.msg_id, _identity(target)
        target.phone_id = target.phone_id or named.phone_id
        target.chat_id = target.chat_id or _chat_of(named)
        target.msg_id = target.msg_id or named.msg_id
        if named.whatsapp_id and (
            target.whatsapp_id is None
            # A message with content is known again by the id that it came with.
            or (not target.type and is_bare(target.whatsapp_id) and not is_bare(named.whatsapp_id))
        ):
            target.whatsapp_id, target.key = named.whatsapp_id, _key_of(named)
        if identity != _identity(target):
            self.renamed.setdefault(target, identity)
        elif msg_id != target.msg_id:
            self.learnt_msg_id[target] = None
        else:
            return
        self.take(target)
        self.unchecked[target] = None

    def join_namesakes(self, target: Target) -> None:
        """Join a message with those that have come to have a name of it."""
        by_name = self.by_msg_id.get(target.msg_id or "", ())
        by_key = self.by_key.get(target.key, ()) if target.key is not None else ()
        for other in [*by_name, *by_key]:
            one, other = target.final(), other.final()
            if one is not other and _is_namesake(one, other):
                self._join(one, other)


def _load(transaction: Transaction, names: Sequence[Named]) -> _Known:
    known = _Known()
    _take(known, transaction, _BY_MSG_ID, {named.msg_id for named in names if named.msg_id})
    # Whoever is known by all names already need not be looked for by another, as in `find`.
    found = {_names(one) for targets in known.by_msg_id.values() for one in targets if one.chat_id}
    keys = {
        canonical_key(named.whatsapp_id)
        for named in names
        if named.whatsapp_id and _names(named) not in found
    }
    _take(known, transaction, _BY_WHATSAPP_ID, keys)
    return known


def _take(known: _Known, transaction: Transaction, sql: str, names: Collection[str | int]) -> None:
    missing = {*names} - known.asked
    if not missing:
        return
    known.asked |= missing
    rows = transaction.fetch(sql, listed(missing))
    for row in sorted(rows):
        known.take(known.by_id.get(row[0]) or Target(*row))


def _join_namesakes(transaction: Transaction, known: _Known) -> None:
    """Join what has one name by now, also with what is stored under names that nobody told.

    Two rows may have been told apart by the phone or the chat, which one of them did not know.
    """
    while known.unchecked:
        learnt, known.unchecked = [target.final() for target in known.unchecked], {}
        _take(known, transaction, _BY_MSG_ID, {one.msg_id for one in learnt if one.msg_id})
        keys = {one.key for one in learnt if one.key is not None}
        _take(known, transaction, _BY_WHATSAPP_ID, keys)
        for target in learnt:
            known.join_namesakes(target)


def _identity(one: Target) -> _Identity:
    return one.phone_id, one.chat_id, one.whatsapp_id


def _names(one: Target | Named) -> tuple[str, str | None, str | None]:
    return one.phone_id, one.msg_id, one.whatsapp_id


def _is_namesake(one: Target, other: Target) -> bool:
    """Tell whether two messages have a name that only one may have."""
    same_msg_id = one.msg_id is not None and one.msg_id == other.msg_id
    same_whatsapp_id = one.whatsapp_id is not None and _identity(one) == _identity(other)
    return same_whatsapp_id or (same_msg_id and one.phone_id == other.phone_id)


def _add_once(targets: list[Target], target: Target) -> None:
    if target not in targets:
        targets.append(target)


def _final(targets: Iterable[Target]) -> list[Target]:
    """Return what was found under a name: those that were joined are still there."""
    return [target.final() for target in targets]


def _first(candidates: Iterable[Target], named: Named) -> Target | None:
    """Choose among messages of one name: the phone's own, else the one known longest."""
    if not named.phone_id:
        return next(iter(candidates), None)
    phoneless = None
    for target in candidates:
        if target.phone_id == named.phone_id:
            return target
        if not target.phone_id:
            phoneless = phoneless or target
    return phoneless


def _same_id(target: Target, named: Named) -> bool:
    """Tell whether two ids with the same key mean one message of one phone's view."""
    one, other = target.whatsapp_id or "", named.whatsapp_id or ""
    same_chat = not target.chat_id or _chat_of(named) in ("", target.chat_id)
    return one == other or (same_chat and (is_bare(one) or is_bare(other)))


def _write(transaction: Transaction, heads: Heads, known: _Known, received_at: int) -> None:
    _free_names(transaction, known)
    for kept, gone in known.merges:
        merging.merge(transaction, into=kept.id, old=gone.id)
    added = [(target, n) for target, n in known.added if target.merged_into is None]
    renamed = [target for target in known.renamed if _is_stored(target)]
    placed = [*(target for target, _ in added), *renamed]
    if placed:
        chats = conversations.open_all(
            transaction, heads, [(target.phone_id, target.chat_id) for target in placed]
        )
        for target in placed:
            target.conversation_id = chats[target.phone_id, target.chat_id].id
    transaction.insert_new(MessageRow, [_new_row(target, n, received_at) for target, n in added])
    transaction.update(MessageRow, [_renamed_row(target) for target in renamed])
    learnt_msg_id = [
        one for one in known.learnt_msg_id if _is_stored(one) and one not in known.renamed
    ]
    transaction.update(MessageRow, [_MsgId(target.msg_id, target.id) for target in learnt_msg_id])


def _free_names(transaction: Transaction, known: _Known) -> None:
    """Take the keys from rows that get others, because one row may get those of another."""
    had = [target.id for target, (*_, whatsapp_id) in known.renamed.items() if whatsapp_id]
    if had:
        transaction.execute(_UNNAME, listed(had))


def _is_stored(target: Target) -> bool:
    return not target.is_new and target.merged_into is None


def _new_row(target: Target, notification_id: int, received_at: int) -> _NewTarget:
    names = _renamed_row(target)
    parts = take_apart(target.whatsapp_id) if target.whatsapp_id else None
    return _NewTarget(
        phone_id=target.phone_id,
        conversation_id=target.conversation_id,
        # Ticks are told of what we sent; a reaction can be about what others said.
        direction="incoming" if parts and not parts.from_me else "outgoing",
        msg_id=target.msg_id,
        whatsapp_id=target.whatsapp_id,
        canonical_key=names.canonical_key,
        copy_key=names.copy_key,
        notification_id=notification_id,
        received_at=received_at,
        at=received_at,
        id=target.id,
    )


def _renamed_row(target: Target) -> _Renamed:
    identity = target.whatsapp_id and identify(
        phone_id=target.phone_id, chat_id=target.chat_id, whatsapp_id=target.whatsapp_id
    )
    return _Renamed(
        target.phone_id,
        target.conversation_id,
        target.msg_id,
        target.whatsapp_id,
        identity.canonical if identity else None,
        identity.copy if identity else None,
        target.id,
    )
