"""Files are found by their bytes. Runs before the code is deployed."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_files_blob", "files", ["blob_key"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_files_blob", table_name="files")
