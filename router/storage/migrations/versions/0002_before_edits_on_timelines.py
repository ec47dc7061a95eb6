"""Timelines know which message a line is of. Runs before the code is deployed."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

entries = sa.table(
    "crm_entries", sa.column("id", Id), sa.column("key", sa.Text), sa.column("message_id", Id)
)


def upgrade() -> None:
    op.add_column("crm_entries", sa.Column("message_id", Id, nullable=True))
    op.add_column("crm_entries", sa.Column("edited_at", Time, nullable=True))
    op.add_column("crm_entries", sa.Column("withdrawn_at", Time, nullable=True))
    op.create_index("ix_crm_entries_message", "crm_entries", ["message_id"], unique=False)
    connection = op.get_bind()
    said = sa.select(entries.c.id, entries.c.key).where(entries.c.key.like("message:%"))
    for id_, key in connection.execute(said).all():
        message_id = UUID(key.removeprefix("message:").partition("/")[0])
        connection.execute(
            sa.update(entries).where(entries.c.id == id_).values(message_id=message_id)
        )


def downgrade() -> None:
    op.drop_index("ix_crm_entries_message", table_name="crm_entries")
    for name in ("withdrawn_at", "edited_at", "message_id"):
        op.drop_column("crm_entries", name)
