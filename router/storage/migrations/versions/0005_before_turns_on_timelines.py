"""Timelines know what happened apart from its words. Runs before the code is deployed."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("crm_entries", sa.Column("turn", sa.Text(), nullable=True))
    op.add_column("crm_entries", sa.Column("data", Json, nullable=True))


def downgrade() -> None:
    for name in ("data", "turn"):
        op.drop_column("crm_entries", name)
