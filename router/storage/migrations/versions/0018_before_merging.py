"""Conversations that are merged into others. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("merged_into", Id, nullable=True))
    op.create_index(
        "ix_conversations_merged",
        "conversations",
        ["merged_into"],
        postgresql_where=MERGED,
        sqlite_where=MERGED,
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_merged", "conversations")
    op.drop_column("conversations", "merged_into")
