"""Conversations by inbox. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_conversations_inbox_open": ("opened_at DESC", sa.text("state <> 'closed'")),
    "ix_conversations_inbox_closed": ("closed_at DESC", sa.text("state = 'closed'")),
}


def upgrade() -> None:
    for name, (time, where) in INDEXES.items():
        columns: list[str | sa.TextClause] = ["inbox_id", sa.text(time), sa.text("id DESC")]
        op.create_index(name, "conversations", columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "conversations")
