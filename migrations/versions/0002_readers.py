"""Readers of the journal: positions, what handlers owe and keep, and what is to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_readers"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "positions",
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_positions")),
    )
    op.create_table(
        "retries",
        sa.Column("handler", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("conversation_id", sa.BigInteger, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("handler", "seq", name=op.f("pk_retries")),
    )
    for columns in (("handler", "state", "due_at", "seq"), ("handler", "conversation_id", "seq")):
        op.create_index(op.f(f"ix_retries_{'_'.join(columns)}"), "retries", columns)
    op.create_table(
        "handler_states",
        sa.Column("handler", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("handler", "conversation_id", name=op.f("pk_handler_states")),
    )
    op.create_table(
        "sends",
        sa.Column(
            "message_id",
            # SQLite's own row number is an INTEGER key and nothing else.
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("origin", sa.Text, nullable=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("called_at", sa.BigInteger, nullable=True),
        sa.Column("answered_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_sends")),
        sa.UniqueConstraint("origin", name=op.f("uq_sends_origin")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("sends", "handler_states", "retries", "positions"):
        op.drop_table(table)
