"""Full-text search: the words of messages and of conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_search"
down_revision = "0003_reading"
branch_labels = None
depends_on = None

TABLES = ("message_words", "conversation_words")


def upgrade() -> None:
    """Create the tables; the index is filled from the journal, from its beginning."""
    for table in TABLES:
        if op.get_bind().dialect.name == "sqlite":
            # `ascii` cuts at spaces alone here: the words hold nothing but letters and digits.
            op.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(words, tokenize='ascii')")
            continue
        op.create_table(
            table,
            sa.Column("rowid", sa.BigInteger, nullable=False, autoincrement=False),
            sa.Column("words", postgresql.TSVECTOR, nullable=False),
            sa.PrimaryKeyConstraint("rowid", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_words"), table, ["words"], postgresql_using="gin")


def downgrade() -> None:
    """Drop them, and begin anew the next time."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM positions WHERE reader = '@search'")
