"""Answers to the questions of a survey. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ratings", sa.Column("answers", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("ratings", "answers")
