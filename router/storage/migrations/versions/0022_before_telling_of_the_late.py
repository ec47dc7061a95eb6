"""An index of what is too late. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

LATE = sa.text("breached_at IS NOT NULL AND state <> 'closed'")


def upgrade() -> None:
    op.create_index(
        "ix_conversations_late",
        "conversations",
        ["line_id", "breached_at"],
        postgresql_where=LATE,
        sqlite_where=LATE,
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_late", "conversations")
