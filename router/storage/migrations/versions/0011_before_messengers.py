"""Buttons, changes of what was said, profiles, standings. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Json, Time

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("buttons", Json, nullable=True))
    op.add_column("messages", sa.Column("change", Json, nullable=True))
    op.add_column("messages", sa.Column("change_due_at", Time, nullable=True))
    op.add_column("deliveries", sa.Column("also", Json, nullable=True))
    op.add_column("inboxes", sa.Column("standing", Json, nullable=True))
    changing = sa.text("change_due_at IS NOT NULL")
    op.create_index(
        "ix_messages_changing",
        "messages",
        ["thread_id", "change_due_at"],
        unique=False,
        postgresql_where=changing,
        sqlite_where=changing,
    )
    op.create_table(
        "profiles",
        sa.Column("identity_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("picture_id", Id, nullable=True),
        sa.Column("asked_at", Time, nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name="fk_profiles_identity_id"),
        sa.PrimaryKeyConstraint("identity_id", name="pk_profiles"),
    )


def downgrade() -> None:
    op.drop_table("profiles")
    op.drop_index("ix_messages_changing", table_name="messages")
    op.drop_column("inboxes", "standing")
    op.drop_column("deliveries", "also")
    for name in ("change_due_at", "change", "buttons"):
        op.drop_column("messages", name)
