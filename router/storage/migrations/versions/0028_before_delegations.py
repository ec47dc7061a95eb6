"""Accounts that let inboxes answer for them. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delegations",
        sa.Column("inbox_id", Id, sa.ForeignKey("inboxes.id"), primary_key=True),
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("may_reply", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("order", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", Time, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("delegations")
