"""Devices that notices are pushed to, and what was told. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_devices",
        sa.Column("id", Id, primary_key=True),
        sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), nullable=False),
        sa.Column(
            "session_hash",
            sa.LargeBinary(32),
            sa.ForeignKey("sessions.hash", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("endpoint", sa.Text, nullable=False, unique=True),
        sa.Column("p256dh", sa.Text, nullable=False),
        sa.Column("auth", sa.Text, nullable=False),
        sa.Column("server_key", sa.Text, nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("shown_at", Time, nullable=True),
        sa.Column("paused_until", Time, nullable=True),
    )
    op.create_index("ix_push_devices_operator", "push_devices", ["operator_id"])
    op.create_index("ix_push_devices_session", "push_devices", ["session_hash"])
    op.create_table(
        "notices",
        sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
        sa.Column("subject_id", Id, primary_key=True),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("at", Time, nullable=False),
    )
    op.create_index("ix_notices_at", "notices", ["at"])


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_table("push_devices")
