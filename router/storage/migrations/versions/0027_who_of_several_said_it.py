"""Who of a chat of several people said something. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("writer", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "writer")
