"""Codes that prove who somebody is. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("id", Id, nullable=False),
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("identity_id", Id, nullable=False),
        sa.Column("to_customer_id", Id, nullable=False),
        sa.Column("to_conversation_id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("until", Time, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_codes_thread_id"),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
    )
    asked = sa.text("state = 'asked'")
    op.create_index(
        "uq_codes_asked",
        "codes",
        ["thread_id"],
        unique=True,
        postgresql_where=asked,
        sqlite_where=asked,
    )
    op.create_index("uq_codes_message", "codes", ["message_id"], unique=True)
    op.create_index("ix_codes_made", "codes", ["made_at"])


def downgrade() -> None:
    op.drop_table("codes")
