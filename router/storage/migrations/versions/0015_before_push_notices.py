"""Until when a push notice reaches an operator. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Time

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("presence", sa.Column("pushed_until", Time, nullable=True))


def downgrade() -> None:
    op.drop_column("presence", "pushed_until")
