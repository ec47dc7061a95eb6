"""Threads that everybody may read. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("threads", "conversations")


def upgrade() -> None:
    for table in TABLES:
        column = sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column(table, column)


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "public")
