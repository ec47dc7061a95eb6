"""An index of the words that are searched. Runs before the code is deployed.

What was written before is indexed by the worker, which is told so here.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from router.storage.columns import Id, Serial

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TOKENS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
FTS5 = """CREATE VIRTUAL TABLE search_tokens USING fts5(
    tokens, content='', detail=none, columnsize=0, tokenize='ascii', prefix='2 3 4 5 6')"""


def upgrade() -> None:
    op.create_table(
        "search_docs",
        sa.Column("id", Serial, autoincrement=False, nullable=False),
        sa.Column("whose", Id, nullable=False),
        sa.Column("subject", Id, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("tokens", TOKENS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_search_docs")),
        sa.UniqueConstraint("subject", name=("uq_search_docs_subject")),
    )
    op.create_index("ix_search_docs_whose", "search_docs", ["whose", "id"], unique=False)
    queue = op.create_table(
        "search_queue",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_search_queue")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_search_docs_tokens",
            "search_docs",
            ["tokens"],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
    else:
        op.execute(FTS5)
    op.bulk_insert(queue, [{"kind": "everything", "subject": UUID(int=0)}])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_tokens")
    op.drop_table("search_queue")
    op.drop_table("search_docs")
