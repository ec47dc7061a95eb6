"""The load of the lines is kept. Runs before the deploy: what the old program warns of after it is
missing in the numbers, until the first audit sets them right.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Time

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WAITING = sa.text("state IN ('waiting', 'offered')")

conversations = sa.table(
    "conversations",
    sa.column("state"),
    sa.column("line_id", Id),
    sa.column("warned_at", Time),
    sa.column("breached_at", Time),
)
counters = sa.table("counters", sa.column("key"), sa.column("count"))


def counted() -> sa.Select[tuple[Any, int, int]]:
    """How many of each line are short of time, and over it."""
    c = conversations.c
    at_risk = sa.case((sa.and_(c.warned_at.is_not(None), c.breached_at.is_(None)), 1))
    return (
        sa.select(c.line_id, sa.func.count(at_risk), sa.func.count(c.breached_at))
        .where(c.state != "closed")
        .group_by(c.line_id)
    )


def upgrade() -> None:
    op.create_index(
        "ix_conversations_longest",
        "conversations",
        ["line_id", sa.text("coalesce(waiting_since, opened_at)")],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    for line_id, at_risk, late in op.get_bind().execute(counted()).all():
        for kind, count in (("at_risk", at_risk), ("late", late)):
            if count:
                op.execute(sa.insert(counters).values(key=f"{kind}:{line_id}", count=count))


def downgrade() -> None:
    op.drop_index("ix_conversations_longest", "conversations")
    kept = counters.c.key.like("at_risk:%") | counters.c.key.like("late:%")
    op.execute(sa.delete(counters).where(kept))
