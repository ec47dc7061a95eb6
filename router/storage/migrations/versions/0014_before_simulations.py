"""Simulations that people ask for. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Json, Time

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "simulations",
        sa.Column("id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("asked_by", Id, nullable=True),
        sa.Column("asked_at", Time, nullable=False),
        sa.Column("asked", Json, nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", Time, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("result", Json, nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name="fk_simulations_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_simulations"),
    )
    op.create_index("ix_simulations_asked", "simulations", ["asked_at"])


def downgrade() -> None:
    op.drop_table("simulations")
