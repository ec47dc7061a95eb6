"""Conversations whose messages were split from another's. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Json

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SPLIT = sa.text("split_from IS NOT NULL")
NO = sa.false()


def upgrade() -> None:
    for column in (
        sa.Column("split_from", Id, nullable=True),
        sa.Column("own_lead", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
    ):
        op.add_column("conversations", column)
    op.add_column("crm_lanes", sa.Column("asked_post", Json, nullable=True))
    op.create_index(
        "ix_conversations_split",
        "conversations",
        ["split_from"],
        postgresql_where=SPLIT,
        sqlite_where=SPLIT,
    )


def downgrade() -> None:
    op.drop_column("crm_lanes", "asked_post")
    op.drop_index("ix_conversations_split", "conversations")
    for name in ("subject", "own_lead", "split_from"):
        op.drop_column("conversations", name)
