"""Conversations and their summaries: last message, unread, activity, name.

A summary is kept with every message rather than counted when it is read. It is made so that the
order in which messages arrive makes no difference: what counts is when they were sent, and only
among messages of the same second (Maytapi tells no finer time) the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from receiver.maytapi.identity import kind_of
from receiver.store.journal import Heads
from receiver.store.rows import Transaction, listed
from receiver.store.tables import ConversationRow

Chat = tuple[str, str]
"""Phone id and chat id."""


@dataclass(slots=True)
class Conversation:
    """A conversation while a batch is recorded."""

    id: int
    phone_id: str
    chat_id: str
    name: str | None
    named_at: int
    unread: int
    last_message_id: int | None
    last_activity_at: int
    answered_at: int
    answered_id: int
    changed: bool = False
    must_recount: bool = False

    def follow(self, message_id: int, at: int) -> tuple[int, int]:
        """Let a message be the last, unless there is one that was sent later; return its place."""
        self.changed = True
        place = (at, message_id)
        if place > (self.last_activity_at, self.last_message_id or 0):
            self.last_activity_at, self.last_message_id = place
        return place

    def add(
        self,
        *,
        message_id: int,
        at: int,
        incoming: bool,
        chat_name: str | None,
        again: bool = False,
    ) -> None:
        """Take a message that was new, or whose content was, into the summary.

        One that comes `again`, revised, moves to its new place and is not counted twice.
        """
        place = self.follow(message_id, at)
        if chat_name and (at, chat_name) > (self.named_at, self.name or ""):
            self.named_at, self.name = at, chat_name
        if incoming and again:
            self.must_recount = True
        elif incoming:
            self.unread += place > (self.answered_at, self.answered_id)
        elif place > (self.answered_at, self.answered_id):
            self.answered_at, self.answered_id = place
            self.must_recount = True


class _NewConversation(NamedTuple):
    id: int
    phone_id: str
    chat_id: str
    kind: str
    name: None = None
    named_at: int = 0
    unread: int = 0
    last_message_id: None = None
    last_activity_at: int = 0
    answered_at: int = 0
    answered_id: int = 0


class _Summary(NamedTuple):
    name: str | None
    named_at: int
    unread: int
    last_message_id: int | None
    last_activity_at: int
    answered_at: int
    answered_id: int
    id: int


_FIND = """
SELECT id, phone_id, chat_id, name, named_at, unread, last_message_id, last_activity_at,
       answered_at, answered_id
FROM (SELECT value AS chat FROM {each} AS listed) AS chats
JOIN conversations ON phone_id = chat ->> 0 AND chat_id = chat ->> 1
"""

_COUNT_UNREAD = """
SELECT conversations.id, count(*) FROM conversations
JOIN messages ON messages.conversation_id = conversations.id
             AND messages.at >= conversations.answered_at
WHERE conversations.id {among_numbers}
  AND messages.direction = 'incoming' AND messages.type IS NOT NULL
  AND (messages.at, messages.id) > (conversations.answered_at, conversations.answered_id)
GROUP BY conversations.id
"""

_LAST = """
UPDATE conversations SET (last_message_id, last_activity_at) = (
    SELECT max(id), coalesce(max(at), 0)
    FROM (SELECT id, at FROM messages
          WHERE conversation_id = conversations.id AND type IS NOT NULL
          ORDER BY at DESC, id DESC LIMIT 1) AS newest)
WHERE id {among_numbers}
  AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = last_message_id)
"""

_MARK_READ = """
UPDATE conversations SET unread = 0, (answered_at, answered_id) = (
    SELECT coalesce(max(at), 0), coalesce(max(id), 0)
    FROM (SELECT at, id FROM messages
          WHERE conversation_id = conversations.id AND direction = 'incoming' AND type IS NOT NULL
          ORDER BY at DESC, id DESC LIMIT 1) AS newest)
WHERE id = {mark} AND unread > 0
"""


def open_all(
    transaction: Transaction, heads: Heads, chats: Iterable[Chat]
) -> dict[Chat, Conversation]:
    """Return the conversations of these chats; those that don't exist yet begin here."""
    wanted = dict.fromkeys(chats)
    found = _find(transaction, wanted)
    missing = [chat for chat in wanted if chat not in found]
    if missing:
        new = []
        for phone_id, chat_id in missing:
            heads.conversation_id += 1
            new.append(_NewConversation(heads.conversation_id, phone_id, chat_id, kind_of(chat_id)))
        transaction.insert_new(ConversationRow, new)
        found |= _find(transaction, missing)
    return found


def save(transaction: Transaction, conversations: Iterable[Conversation]) -> None:
    """Write the summaries that changed; the messages must have been written before."""
    changed = [conversation for conversation in conversations if conversation.changed]
    transaction.update(
        ConversationRow,
        [
            _Summary(
                one.name,
                one.named_at,
                one.unread,
                one.last_message_id,
                one.last_activity_at,
                one.answered_at,
                one.answered_id,
                one.id,
            )
            for one in changed
        ],
    )
    answered = [one.id for one in changed if one.must_recount]
    if answered:
        _recount(transaction, answered)


def summarise(transaction: Transaction, conversations: Iterable[int]) -> None:
    """Let summaries be of the messages that are left, after some were erased."""
    ids = listed(conversations)
    transaction.execute(_LAST, ids)
    _recount(transaction, ids)


class _Unread(NamedTuple):
    unread: int
    id: int


def mark_read(transaction: Transaction, conversation_id: int) -> None:
    """Count from here on: what is there now has been read, if there is such a conversation.

    What comes later has not, though it may have been sent before: it was on its way.
    """
    transaction.execute(_MARK_READ, conversation_id)


def _recount(transaction: Transaction, answered: list[int]) -> None:
    """Count what came after an answer: the answer may have arrived later than what it precedes."""
    counts = dict(transaction.fetch(_COUNT_UNREAD, listed(answered)))
    new = [_Unread(counts.get(one, 0), one) for one in answered]
    transaction.update(ConversationRow, new)


def _find(transaction: Transaction, chats: Iterable[Chat]) -> dict[Chat, Conversation]:
    found = transaction.fetch(_FIND, listed(chats))
    return {(row[1], row[2]): Conversation(*row) for row in found}
