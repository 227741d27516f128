"""The tables. Rows are built only from values that were checked before: SQLModel checks none here.

Times are integers, milliseconds since 1970 (UTC): they sort and compare alike on both databases.
JSON is kept as text, because PostgreSQL's JSON types refuse some of what Maytapi may send.
Unique constraints carry the identity of everything; the code inserts and looks at what happened.
There are no foreign keys: the one writer makes both ends in one transaction, and PostgreSQL would
look up and lock the far end for every row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

# SQLite's own row number is an INTEGER key and nothing else.
_Id = BigInteger().with_variant(Integer, "sqlite")

OPEN_STATUSES = ("queued", "unknown", "accepted", "failed")
"""What somebody may have to look after; the other messages are in no index of statuses."""

IS_QUARANTINED = "status = 'quarantined'"
IS_OPEN = "status IN ('queued', 'unknown', 'accepted', 'failed')"
IS_UNREAD = "unread > 0"
IS_NO_TEXT = "type <> 'text'"
IS_UNANSWERED = "called_at IS NOT NULL AND answered_at IS NULL"

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class HeadRow(SQLModel, table=True):
    """The last number given to each kind of row: one row, locked by whoever writes.

    Numbers are never given twice, also when the newest rows have been erased.
    """

    __tablename__ = "heads"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(primary_key=True, sa_type=Integer)
    notification_id: int = Field(sa_type=BigInteger)
    conversation_id: int = Field(sa_type=BigInteger)
    message_id: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)


class NotificationRow(SQLModel, table=True):
    """A body that Maytapi posted, byte for byte.

    The unique key has the time first: a repeat has the same time in it, and new ones are inserted
    at the right edge of the index, where no page has to be fetched and rewritten.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("occasion", "fingerprint"),
        Index("ix_notifications_quarantined", "id", sqlite_where=text(IS_QUARANTINED),
              postgresql_where=text(IS_QUARANTINED)),
    )  # fmt: skip

    id: int = Field(primary_key=True, sa_type=_Id)
    occasion: int = Field(sa_type=BigInteger)
    """The time it tells of; 0 when it has none; for states without a time, their turn."""
    fingerprint: bytes = Field(sa_type=LargeBinary)
    received_at: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text)
    """`stored` or `quarantined`."""
    reason: str | None = Field(sa_type=Text)
    encoding: str = Field(sa_type=Text)
    """How `body` is kept: `identity` or `zlib`."""
    body: bytes = Field(sa_type=LargeBinary)


class ConversationRow(SQLModel, table=True):
    """A chat of one of our phones, with its summary."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("phone_id", "chat_id"),
        Index(None, "last_activity_at", "id"),
        Index(None, "phone_id", "last_activity_at", "id"),
        Index("ix_conversations_unread", "last_activity_at", "id",
              sqlite_where=text(IS_UNREAD), postgresql_where=text(IS_UNREAD)),
    )  # fmt: skip

    id: int = Field(primary_key=True, sa_type=_Id)
    phone_id: str = Field(sa_type=Text)
    """Empty where Maytapi named no phone."""
    chat_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    name: str | None = Field(sa_type=Text)
    named_at: int = Field(sa_type=BigInteger)
    """The time of the message that brought the name; 0 before one did."""
    unread: int = Field(sa_type=Integer)
    last_message_id: int | None = Field(sa_type=BigInteger)
    last_activity_at: int = Field(sa_type=BigInteger)
    """0 before a message with content came."""
    answered_at: int = Field(sa_type=BigInteger)
    """The newest outgoing message, or the last time that it was marked as read."""
    answered_id: int = Field(sa_type=BigInteger)
    """The message that `answered_at` is of: among those of one second the later id is newer."""


class MessageRow(SQLModel, table=True):
    """A message of a chat; one that is known only by its acks has no type yet."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("canonical_key", "copy_key"),
        Index("uq_messages_msg_id_phone_id", "msg_id", "phone_id", unique=True,
              sqlite_where=text("msg_id IS NOT NULL"),
              postgresql_where=text("msg_id IS NOT NULL")),
        Index(None, "conversation_id", "at", "id"),
        Index(None, "at", "id"),
        Index("ix_messages_open", "status", "at", "id", sqlite_where=text(IS_OPEN),
              postgresql_where=text(IS_OPEN)),
        Index("ix_messages_no_text", "type", "at", "id", sqlite_where=text(IS_NO_TEXT),
              postgresql_where=text(IS_NO_TEXT)),
    )  # fmt: skip

    id: int = Field(primary_key=True, sa_type=_Id)
    notification_id: int = Field(sa_type=BigInteger)
    """The notification that brought its content, or spoke of it first."""
    phone_id: str = Field(sa_type=Text)
    conversation_id: int = Field(sa_type=BigInteger)
    direction: str = Field(sa_type=Text)
    """`incoming` or `outgoing`."""
    msg_id: str | None = Field(sa_type=Text)
    """What sendMessage answered."""
    whatsapp_id: str | None = Field(sa_type=Text)
    canonical_key: int | None = Field(sa_type=BigInteger)
    """Shared by all copies of a message, one for each phone of ours in the chat."""
    copy_key: int | None = Field(sa_type=BigInteger)
    type: str | None = Field(sa_type=Text)
    text: str | None = Field(sa_type=Text)
    media: str | None = Field(sa_type=Text)
    location: str | None = Field(sa_type=Text)
    quoted: str | None = Field(sa_type=Text)
    sender_id: str | None = Field(sa_type=Text)
    sender_name: str | None = Field(sa_type=Text)
    sender_phone: str | None = Field(sa_type=Text)
    sent_at: int | None = Field(sa_type=BigInteger)
    received_at: int = Field(sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
    """Its place in the conversation: when it was sent, or received if that is not known."""
    status: str | None = Field(sa_type=Text)
    """What it had come to before any tick. One of the open statuses gives way to the first tick, so
    that it leaves their index; all further ticks are acks alone (`receiver.store.statuses`)."""
    deleted_at: int | None = Field(sa_type=BigInteger)
    error: str | None = Field(sa_type=Text)
    payload: str | None = Field(sa_type=Text)


class AckRow(SQLModel, table=True):
    """A transition of a message, as often as Maytapi told a different time of it."""

    __tablename__ = "acks"
    __table_args__ = {"sqlite_with_rowid": False}

    message_id: int = Field(primary_key=True, sa_type=BigInteger)
    type: str = Field(primary_key=True, sa_type=Text)
    at: int = Field(primary_key=True, sa_type=BigInteger)
    """0 where Maytapi told no time."""
    received_at: int = Field(sa_type=BigInteger)
    notification_id: int = Field(sa_type=BigInteger)


class ReactionRow(SQLModel, table=True):
    """A reaction; of one person the latest counts, and an empty emoji takes it back."""

    __tablename__ = "reactions"
    __table_args__ = {"sqlite_with_rowid": False}

    message_id: int = Field(primary_key=True, sa_type=BigInteger)
    reactor_id: str = Field(primary_key=True, sa_type=Text)
    at: int = Field(primary_key=True, sa_type=BigInteger)
    emoji: str = Field(primary_key=True, sa_type=Text)
    received_at: int = Field(sa_type=BigInteger)
    notification_id: int = Field(sa_type=BigInteger)


class PollTallyRow(SQLModel, table=True):
    """The votes of a poll at one time, in total; the latest counts."""

    __tablename__ = "poll_tallies"
    __table_args__ = {"sqlite_with_rowid": False}

    message_id: int = Field(primary_key=True, sa_type=BigInteger)
    at: int = Field(primary_key=True, sa_type=BigInteger)
    fingerprint: bytes = Field(primary_key=True, sa_type=LargeBinary)
    tally: str = Field(sa_type=Text)
    received_at: int = Field(sa_type=BigInteger)
    notification_id: int = Field(sa_type=BigInteger)


class MergedMessageRow(SQLModel, table=True):
    """A message that turned out to be another one; whoever knows its old id still finds it."""

    __tablename__ = "merged_messages"

    id: int = Field(primary_key=True, sa_type=_Id)
    message_id: int = Field(sa_type=BigInteger, index=True)


class StateRow(SQLModel, table=True):
    """What was said of something that has a state but tells no time of it.

    `active`, `loading`, `active` can be three pieces of news although the first and the third are
    the same bytes; a turn tells them apart.
    """

    __tablename__ = "states"

    subject: str = Field(primary_key=True, sa_type=Text)
    fingerprint: bytes = Field(primary_key=True, sa_type=LargeBinary)
    turn: int = Field(sa_type=BigInteger)
    """How often it was news."""
    news_at: int = Field(sa_type=BigInteger)
    """When it was news last."""
    told_at: int = Field(sa_type=BigInteger)
    """When it was told last, as news or not."""


class PhoneRow(SQLModel, table=True):
    """One of our phones, as its status was told last."""

    __tablename__ = "phones"

    phone_id: str = Field(primary_key=True, sa_type=Text)
    product_id: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    status_at: int = Field(sa_type=BigInteger)


class EventRow(SQLModel, table=True):
    """The journal: append-only, in the order of commit, without a hole."""

    __tablename__ = "events"

    seq: int = Field(primary_key=True, sa_type=_Id)
    type: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    phone_id: str = Field(sa_type=Text)
    conversation_id: int | None = Field(sa_type=BigInteger)
    message_id: int | None = Field(sa_type=BigInteger)
    notification_id: int | None = Field(sa_type=BigInteger)
    data: str = Field(sa_type=Text)


class PositionRow(SQLModel, table=True):
    """How far a reader of the journal has come, and whether it may go on."""

    __tablename__ = "positions"

    reader: str = Field(primary_key=True, sa_type=Text)
    """The name of a handler, or of a reader of ours with an @ before it."""
    seq: int = Field(sa_type=BigInteger)
    """The last event before the first that is not finished."""
    released: bool = Field(sa_type=Boolean)
    """Whether the process that moved it last let go of it in good order."""
    paused: bool = Field(sa_type=Boolean)


class RetryRow(SQLModel, table=True):
    """An event that a handler still owes."""

    __tablename__ = "retries"
    __table_args__ = (
        Index(None, "handler", "state", "due_at", "seq"),
        Index(None, "handler", "conversation_id", "seq"),
    )

    handler: str = Field(primary_key=True, sa_type=Text)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    conversation_id: int | None = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    """`waiting`, `running`, `parked` behind another one of its conversation, or `dead`."""
    attempts: int = Field(sa_type=Integer)
    """How often it was tried; counted before the try."""
    due_at: int = Field(sa_type=BigInteger)
    """When it is to be tried again."""
    error: str | None = Field(sa_type=Text)
    """What the last try ended with."""


class HandlerStateRow(SQLModel, table=True):
    """What a handler keeps of a conversation."""

    __tablename__ = "handler_states"

    handler: str = Field(primary_key=True, sa_type=Text)
    conversation_id: int = Field(primary_key=True, sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    """A JSON object."""


class SendRow(SQLModel, table=True):
    """A message that we were asked to send, and how far the call has come."""

    __tablename__ = "sends"
    __table_args__ = (
        UniqueConstraint("origin"),
        Index("ix_sends_unanswered", "called_at", sqlite_where=text(IS_UNANSWERED),
              postgresql_where=text(IS_UNANSWERED)),
    )  # fmt: skip

    message_id: int = Field(primary_key=True, sa_type=_Id)
    origin: str | None = Field(sa_type=Text)
    """What must not be sent twice: an idempotency key, or a handler's event and call; a digest of
    it where that named somebody who was erased."""
    fingerprint: bytes = Field(sa_type=LargeBinary)
    """Of the request, to see that a repeated key asks for the same."""
    request: str = Field(sa_type=Text)
    """Maytapi's fields, as JSON text."""
    called_at: int | None = Field(sa_type=BigInteger)
    """Committed before Maytapi is called: whoever finds it without an answer can't know."""
    answered_at: int | None = Field(sa_type=BigInteger)
