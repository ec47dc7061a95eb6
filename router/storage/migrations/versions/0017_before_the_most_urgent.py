"""Lists by urgency. Runs before the deploy: what the old program changes after it, stands where it
stood until it changes again.
"""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Time
from router.urgency import NEVER

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WHERE = {
    "waiting": sa.text("state IN ('waiting', 'offered')"),
    "all": sa.text("state <> 'closed'"),
}
WAITED = {
    "postgresql": "coalesce(unanswered_since, waiting_since)"
    " + interval '10 minutes' - head_start_s * interval '1 second'",
    "sqlite": "coalesce(unanswered_since, waiting_since) + 600000000 - head_start_s * 1000000",
}


conversations = sa.table(
    "conversations", *map(sa.column, ("state", "reply_due_at", "resolve_due_at", "urgent_at"))
)


def filled(dialect: str) -> sa.Update:
    """Gives every open conversation its time."""
    c = conversations.c
    promised = sa.case((c.resolve_due_at < c.reply_due_at, c.resolve_due_at), else_=c.reply_due_at)
    waited = sa.case((c.state != "snoozed", sa.literal_column(WAITED[dialect])))
    first = sa.func.coalesce(promised, c.resolve_due_at, waited, c.urgent_at)
    return sa.update(conversations).where(c.state != "closed").values(urgent_at=first)


def upgrade() -> None:
    default = sa.literal(NEVER, Time)
    op.add_column(
        "conversations", sa.Column("urgent_at", Time, nullable=False, server_default=default)
    )
    op.execute(filled(op.get_bind().dialect.name))
    for name, where in WHERE.items():
        op.create_index(
            f"ix_conversations_urgent_{name}",
            "conversations",
            ["line_id", "urgent_at", "rank_at", "id"],
            postgresql_where=where,
            sqlite_where=where,
        )


def downgrade() -> None:
    for name in WHERE:
        op.drop_index(f"ix_conversations_urgent_{name}", "conversations")
    op.drop_column("conversations", "urgent_at")
