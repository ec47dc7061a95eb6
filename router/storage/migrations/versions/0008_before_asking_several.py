"""Conversations that several operators are asked to take, and turns. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    asked = sa.Column("asked", Json, server_default="[]", nullable=False)
    op.add_column("conversations", asked)
    op.create_table(
        "turns",
        sa.Column("line_id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name="fk_turns_line_id"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_turns_operator_id"),
        sa.PrimaryKeyConstraint("line_id", "operator_id", name="pk_turns"),
    )
    live = sa.text("state = 'live'")
    op.create_index(
        "ix_offers_operator",
        "offers",
        ["operator_id"],
        postgresql_where=live,
        sqlite_where=live,
    )


def downgrade() -> None:
    op.drop_index("ix_offers_operator", table_name="offers")
    op.drop_table("turns")
    op.drop_column("conversations", "asked")
