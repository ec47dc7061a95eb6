"""What a decision says of whom the customer knows. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decisions", sa.Column("rung", sa.Text(), nullable=True))
    op.add_column("decisions", sa.Column("known_id", Id, nullable=True))
    op.add_column("decisions", sa.Column("until", Time, nullable=True))


def downgrade() -> None:
    for name in ("until", "known_id", "rung"):
        op.drop_column("decisions", name)
