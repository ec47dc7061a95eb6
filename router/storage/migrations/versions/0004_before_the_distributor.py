"""What the distributor, its times and its ratings keep. Runs before the code is deployed."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Json, Time

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _calendars_and_departments()
    _operators_and_their_days()
    _conversations()
    _what_is_said_by_itself()


def _calendars_and_departments() -> None:
    op.add_column("lines", sa.Column("calendar_id", Id, nullable=True))
    op.create_table(
        "calendars",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
    )
    op.create_table(
        "departments",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_departments"),
    )
    op.create_table(
        "department_members",
        sa.Column("department_id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name="fk_department_members_department_id"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_department_members_operator_id"
        ),
        sa.PrimaryKeyConstraint("department_id", "operator_id", name="pk_department_members"),
    )
    op.create_index("ix_department_members_operator", "department_members", ["operator_id"])
    op.create_table(
        "queue_entries",
        sa.Column("line_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", Id, nullable=True),
        sa.Column("department_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name="fk_queue_entries_line_id"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_queue_entries_operator_id"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name="fk_queue_entries_department_id"
        ),
        sa.PrimaryKeyConstraint("line_id", "position", name="pk_queue_entries"),
    )
    op.create_index("ix_queue_entries_department", "queue_entries", ["department_id"])


def _operators_and_their_days() -> None:
    op.add_column("operators", sa.Column("languages", Json, server_default="[]", nullable=False))
    op.add_column("operators", sa.Column("skills", Json, server_default="[]", nullable=False))
    op.add_column(
        "operators", sa.Column("shift", sa.Text(), server_default="always", nullable=False)
    )
    op.add_column("operators", sa.Column("calendar_id", Id, nullable=True))
    op.add_column("operators", sa.Column("deputy_id", Id, nullable=True))
    op.add_column("presence", sa.Column("clocked_in_at", Time, nullable=True))
    op.add_column("presence", sa.Column("break_since", Time, nullable=True))
    for name in ("open_extra", "offered_extra"):
        extra = sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        op.add_column("operator_load", extra)
    op.add_column("operator_load", sa.Column("given_at", Time, nullable=True))
    op.create_table(
        "leaves",
        sa.Column("id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("from_at", Time, nullable=False),
        sa.Column("until_at", Time, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_leaves_operator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_leaves"),
    )
    op.create_index("ix_leaves_operator", "leaves", ["operator_id", "from_at"])
    op.create_index("ix_leaves_until", "leaves", ["until_at"])
    op.create_table(
        "shifts",
        sa.Column("id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_at", Time, nullable=False),
        sa.Column("to_at", Time, nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_shifts_operator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_shifts"),
    )
    running = sa.text("to_at IS NULL")
    op.create_index(
        "uq_shifts_running",
        "shifts",
        ["operator_id", "kind"],
        unique=True,
        postgresql_where=running,
        sqlite_where=running,
    )
    op.create_index("ix_shifts_operator", "shifts", ["operator_id", "from_at"])


def _conversations() -> None:
    op.add_column("customers", sa.Column("tier", sa.Text(), nullable=True))
    op.add_column(
        "customers", sa.Column("blocked", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for name, default in (("weight", "100"), ("head_start_s", "0")):
        number = sa.Column(name, sa.Integer(), server_default=default, nullable=False)
        op.add_column("conversations", number)
    for name in ("silent", "pinned", "stale", "routed"):
        op.add_column(
            "conversations",
            sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False),
        )
    op.add_column("conversations", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("conversations", sa.Column("skills", Json, server_default="[]", nullable=False))
    for name in ("timer_at", "reply_due_at", "resolve_due_at", "warned_at", "breached_at"):
        op.add_column("conversations", sa.Column(name, Time, nullable=True))
    timed, waited = sa.text("timer_at IS NOT NULL"), sa.text("waited_s IS NOT NULL")
    op.create_index(
        "ix_conversations_timers",
        "conversations",
        ["line_id", "timer_at"],
        postgresql_where=timed,
        sqlite_where=timed,
    )
    op.add_column("offers", sa.Column("weight", sa.Integer(), server_default="100", nullable=False))
    op.add_column("offers", sa.Column("return_to", Id, nullable=True))
    op.add_column("assignments", sa.Column("line_id", Id, nullable=True))
    op.add_column("assignments", sa.Column("waited_s", sa.Float(), nullable=True))
    op.create_index(
        "ix_assignments_waits",
        "assignments",
        ["line_id", "from_at"],
        postgresql_where=waited,
        sqlite_where=waited,
    )


def _what_is_said_by_itself() -> None:
    op.create_table(
        "ratings",
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("scale", sa.Text(), nullable=True),
        sa.Column("asked_at", Time, nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("rated_at", Time, nullable=True),
        sa.Column("supervisor_id", Id, nullable=True),
        sa.Column("supervisor_score", sa.Integer(), nullable=True),
        sa.Column("supervisor_comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_ratings_conversation_id"
        ),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_ratings"),
        sa.UniqueConstraint("token_hash", name="uq_ratings_token_hash"),
    )
    op.create_table(
        "automatic_replies",
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_automatic_replies_conversation_id"
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name="fk_automatic_replies_thread_id"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "key", name="pk_automatic_replies"),
    )
    op.create_index("ix_automatic_replies_thread", "automatic_replies", ["thread_id", "at"])
