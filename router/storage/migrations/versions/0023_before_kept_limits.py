"""What messages were cut by. Runs before the deploy: what the old program queues after it is cut by
what its channel can do when it is sent.
"""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Json

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("limits", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "limits")
