"""Feeds of calendars: where days off are read from. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("calendar_id", Id, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("free_too", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("tried_at", Time, nullable=True),
        sa.Column("fetched_at", Time, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name="fk_calendar_feeds_calendar_id"
        ),
        sa.PrimaryKeyConstraint("calendar_id", name="pk_calendar_feeds"),
    )


def downgrade() -> None:
    op.drop_table("calendar_feeds")
