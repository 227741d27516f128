"""An index of the calls without an answer: what Maytapi tells of strangers may be about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_sends"
down_revision = "0004_search"
branch_labels = None
depends_on = None

UNANSWERED = sa.text("called_at IS NOT NULL AND answered_at IS NULL")


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_sends_unanswered",
        "sends",
        ["called_at"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_sends_unanswered", "sends")
