"""Notifications, what they say, and the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "heads",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        *_numbers("notification_id", "conversation_id", "message_id", "seq"),
        sa.CheckConstraint("id = 1", name=op.f("ck_heads_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heads")),
    )
    op.execute(
        "INSERT INTO heads (id, notification_id, conversation_id, message_id, seq) "
        "VALUES (1, 0, 0, 0, 0)"
    )
    _create_notifications()
    _create_conversations()
    _create_messages()
    _create_what_is_said_about_messages()
    _create_states()
    op.create_table(
        "events",
        _key("seq"),
        *_texts("type"),
        *_numbers("at"),
        *_texts("phone_id"),
        *_numbers("conversation_id", "message_id", "notification_id", nullable=True),
        *_texts("data"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
    )


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "events",
        "phones",
        "states",
        "merged_messages",
        "poll_tallies",
        "reactions",
        "acks",
        "messages",
        "conversations",
        "notifications",
        "heads",
    ):
        op.drop_table(table)


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        _key("id"),
        *_numbers("occasion"),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        *_numbers("received_at"),
        *_texts("status"),
        *_texts("reason", nullable=True),
        *_texts("encoding"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "occasion", "fingerprint", name=op.f("uq_notifications_occasion_fingerprint")
        ),
    )
    quarantined = sa.text("status = 'quarantined'")
    op.create_index(
        "ix_notifications_quarantined",
        "notifications",
        ["id"],
        sqlite_where=quarantined,
        postgresql_where=quarantined,
    )


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        _key("id"),
        *_texts("phone_id", "chat_id", "kind"),
        *_texts("name", nullable=True),
        *_numbers("named_at"),
        sa.Column("unread", sa.Integer, nullable=False),
        *_numbers("last_message_id", nullable=True),
        *_numbers("last_activity_at", "answered_at", "answered_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("phone_id", "chat_id", name=op.f("uq_conversations_phone_id_chat_id")),
    )
    op.create_index(
        op.f("ix_conversations_last_activity_at_id"), "conversations", ["last_activity_at", "id"]
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        _key("id"),
        *_numbers("notification_id"),
        *_texts("phone_id"),
        *_numbers("conversation_id"),
        *_texts("direction"),
        *_texts("msg_id", "whatsapp_id", nullable=True),
        *_numbers("canonical_key", "copy_key", nullable=True),
        *_texts("type", "text", "media", "location", "quoted", nullable=True),
        *_texts("sender_id", "sender_name", "sender_phone", nullable=True),
        *_numbers("sent_at", nullable=True),
        *_numbers("received_at", "at"),
        *_texts("status", nullable=True),
        *_numbers("deleted_at", nullable=True),
        *_texts("error", "payload", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "canonical_key", "copy_key", name=op.f("uq_messages_canonical_key_copy_key")
        ),
    )
    op.create_index(
        op.f("ix_messages_conversation_id_at_id"), "messages", ["conversation_id", "at", "id"]
    )
    has_msg_id = sa.text("msg_id IS NOT NULL")
    op.create_index(
        "uq_messages_msg_id_phone_id",
        "messages",
        ["msg_id", "phone_id"],
        unique=True,
        sqlite_where=has_msg_id,
        postgresql_where=has_msg_id,
    )


def _create_what_is_said_about_messages() -> None:
    _create_told("acks", *_texts("type"), *_numbers("at"))
    _create_told("reactions", *_texts("reactor_id"), *_numbers("at"), *_texts("emoji"))
    _create_told(
        "poll_tallies",
        *_numbers("at"),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        other=_texts("tally"),
    )
    op.create_table(
        "merged_messages",
        _key("id"),
        *_numbers("message_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_messages")),
    )
    op.create_index(op.f("ix_merged_messages_message_id"), "merged_messages", ["message_id"])


def _create_told(table: str, *key: sa.Column, other: list[sa.Column] | None = None) -> None:
    op.create_table(
        table,
        *_numbers("message_id"),
        *key,
        *(other or []),
        *_numbers("received_at", "notification_id"),
        sa.PrimaryKeyConstraint(
            "message_id", *(column.name for column in key), name=op.f(f"pk_{table}")
        ),
        sqlite_with_rowid=False,
    )


def _create_states() -> None:
    op.create_table(
        "states",
        *_texts("subject"),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        *_numbers("turn", "news_at", "told_at"),
        sa.PrimaryKeyConstraint("subject", "fingerprint", name=op.f("pk_states")),
    )
    op.create_table(
        "phones",
        *_texts("phone_id"),
        *_texts("product_id", nullable=True),
        *_texts("status"),
        *_numbers("status_at"),
        sa.PrimaryKeyConstraint("phone_id", name=op.f("pk_phones")),
    )


def _key(name: str) -> sa.Column:
    # SQLite's own row number is an INTEGER key and nothing else.
    return sa.Column(
        name,
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        nullable=False,
        autoincrement=False,
    )


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _texts(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]
