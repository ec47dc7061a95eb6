"""What the last audit found. Runs before the code is deployed."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Json, Time

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inspections",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name=("pk_inspections")),
    )


def downgrade() -> None:
    op.drop_table("inspections")
