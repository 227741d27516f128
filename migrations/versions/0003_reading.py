"""Indexes for the lists of the REST API.

Those on messages begin with a time or hold few rows, so that the cost of storing a message goes on
not to depend on what is stored.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_reading"
down_revision = "0002_readers"
branch_labels = None
depends_on = None

PLAIN = (
    ("messages", ["at", "id"]),
    ("conversations", ["phone_id", "last_activity_at", "id"]),
)
PARTIAL = (
    ("ix_conversations_unread", "conversations", ["last_activity_at", "id"], "unread > 0"),
    (
        "ix_messages_open",
        "messages",
        ["status", "at", "id"],
        "status IN ('queued', 'unknown', 'accepted', 'failed')",
    ),
    ("ix_messages_no_text", "messages", ["type", "at", "id"], "type <> 'text'"),
)


def upgrade() -> None:
    """Create the indexes."""
    for table, columns in PLAIN:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    for name, table, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop them."""
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table)
    for table, columns in PLAIN:
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
