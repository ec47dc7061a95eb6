"""Fields of customers' cards, which rules can see. Runs before the deploy."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_fields",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_card_fields"),
    )
    op.add_column("customers", sa.Column("crm_fields", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("customers", "crm_fields")
    op.drop_table("card_fields")
