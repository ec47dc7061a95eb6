"""Who handles what: presence, load, offers, assignments, decisions."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Time, key, may, metadata, must, ref

presence = sa.Table(
    "presence",
    metadata,
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("status", sa.Text),
    must("status_since", Time),
    may("reachable_until", Time),
    must("missed_offers", sa.Integer, server_default="0"),
)

operator_load = sa.Table(
    "operator_load",
    metadata,
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("open_count", sa.Integer),
    must("offered_count", sa.Integer),
    must("idle_since", Time),
)

rotation = sa.Table(
    "rotation",
    metadata,
    sa.Column("line_id", Id, sa.ForeignKey("lines.id"), primary_key=True),
    may("last_operator_id", Id),
)

LIVE = sa.text("state = 'live'")

offers = sa.Table(
    "offers",
    metadata,
    key(),
    ref("conversation_id", "conversations.id"),
    ref("line_id", "lines.id"),
    ref("operator_id", "operators.id"),
    must("state", sa.Text),
    must("made_at", Time),
    must("deadline", Time),
    must("reason", sa.Text),
    # A conversation is held out to an operator once at a time.
    sa.Index(
        "uq_offers_live",
        "conversation_id",
        "operator_id",
        unique=True,
        postgresql_where=LIVE,
        sqlite_where=LIVE,
    ),
    sa.Index("ix_offers_due", "line_id", "deadline", postgresql_where=LIVE, sqlite_where=LIVE),
    sa.Index("ix_offers_conversation", "conversation_id"),
)

RUNNING = sa.text("to_at IS NULL")

assignments = sa.Table(
    "assignments",
    metadata,
    key(),
    ref("conversation_id", "conversations.id"),
    ref("operator_id", "operators.id"),
    must("from_at", Time),
    may("to_at", Time),
    must("how", sa.Text),
    # Two distributors, or an accept beside a transfer, make one owner.
    sa.Index(
        "uq_assignments_running",
        "conversation_id",
        unique=True,
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    ),
    sa.Index("ix_assignments_operator", "operator_id"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    key(),
    ref("conversation_id", "conversations.id"),
    ref("line_id", "lines.id"),
    must("at", Time),
    must("outcome", sa.Text),
    may("operator_id", Id),
    must("rule", sa.Text),
    must("policy_version", sa.Text),
    must("removed", Json),
    must("named", Json),
    may("look_again_at", Time),
    sa.Index("ix_decisions_conversation", "conversation_id", "at"),
)
