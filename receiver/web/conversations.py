"""The operations on conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from starlette.concurrency import run_in_threadpool

from receiver.store import conversations as summaries
from receiver.store.database import Database
from receiver.store.views import conversations, messages
from receiver.store.views.conversations import ConversationView
from receiver.store.views.filters import ConversationFilter
from receiver.store.views.messages import MessageView
from receiver.store.views.shapes import Page
from receiver.store.writer import Writer
from receiver.web.messages import WantedMessages
from receiver.web.operations import Operation, changing, reading
from receiver.web.parameters import Moment, Number, Paged, Parameters, Question, Truth

Kind = Literal["person", "group", "hidden", "other"]


class OneConversation(Parameters):
    """The id of a conversation."""

    id: Number


class ManyConversations(Paged):
    """Which conversations are wanted."""

    phone_id: str | None = None
    """Of this phone of ours."""
    kind: Kind | None = None
    unread: Truth | None = None
    """Only those with unread messages, or only those without."""
    since: Moment | None = None
    """Active at this time or after it."""
    until: Moment | None = None
    """Active last before this time."""
    q: Question | None = None
    """Words, "phrases" and beginnings* of the name; or the beginning of a phone number."""

    @property
    def filter(self) -> ConversationFilter:
        """The same for the store."""
        return ConversationFilter(
            phone_id=self.phone_id,
            kind=self.kind,
            unread=self.unread,
            since=self.since,
            until=self.until,
        )


class ItsMessages(WantedMessages):
    """Which messages of a conversation are wanted."""

    id: Number


def operations(database: Database, writer: Writer) -> list[Operation]:
    """Return what can be done with conversations."""
    engine = database.engine

    def many(given: ManyConversations) -> Page[ConversationView]:
        return conversations.recent(
            engine, given.filter, question=given.q, limit=given.limit, after=given.cursor
        )

    def one(given: OneConversation) -> ConversationView | None:
        return conversations.find(engine, given.id)

    def its_messages(given: ItsMessages) -> Page[MessageView] | None:
        if conversations.find(engine, given.id) is None:
            return None
        wanted = replace(given.filter, conversation_id=given.id)
        return messages.recent(engine, wanted, limit=given.limit, after=given.cursor)

    async def mark_read(given: OneConversation) -> ConversationView | None:
        await writer.change(
            lambda change: summaries.mark_read(change.transaction, given.id), appends=True
        )
        return await run_in_threadpool(one, given)

    return [
        reading("/conversations", "Conversations, the latest activity first", many),
        reading("/conversations/{id}", "One conversation", one),
        reading(
            "/conversations/{id}/messages",
            "The messages of a conversation, the newest first",
            its_messages,
        ),
        changing(
            "/conversations/{id}/read",
            "Mark a conversation as read: `unread` counts from here on",
            mark_read,
        ),
    ]
