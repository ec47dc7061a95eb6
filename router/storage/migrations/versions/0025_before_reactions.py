"""Reactions to messages. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Json

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("reactions", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "reactions")
