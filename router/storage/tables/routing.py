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
    may("clocked_in_at", Time),
    may("break_since", Time),
    may("pushed_until", Time),
)

operator_load = sa.Table(
    "operator_load",
    metadata,
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("open_count", sa.Integer),
    must("offered_count", sa.Integer),
    must("idle_since", Time),
    # What the open and the offered ones weigh beyond a whole each: code that knows only counts,
    # as before these columns, leaves the weights right.
    must("open_extra", sa.Integer, server_default="0"),
    must("offered_extra", sa.Integer, server_default="0"),
    may("given_at", Time),
)

rotation = sa.Table(
    "rotation",
    metadata,
    sa.Column("line_id", Id, sa.ForeignKey("lines.id"), primary_key=True),
    may("last_operator_id", Id),
)

# Operators' turns in a line's rotation: the number of the last choice of each.
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("line_id", Id, sa.ForeignKey("lines.id"), primary_key=True),
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("number", sa.Integer),
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
    must("weight", sa.Integer, server_default="100"),
    may("return_to", Id),
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
    sa.Index("ix_offers_operator", "operator_id", postgresql_where=LIVE, sqlite_where=LIVE),
    sa.Index("ix_offers_conversation", "conversation_id"),
)

RUNNING = sa.text("to_at IS NULL")
WAITED = sa.text("waited_s IS NOT NULL")

assignments = sa.Table(
    "assignments",
    metadata,
    key(),
    ref("conversation_id", "conversations.id"),
    ref("operator_id", "operators.id"),
    must("from_at", Time),
    may("to_at", Time),
    must("how", sa.Text),
    # On which line it had waited, and for how long; not for what nobody waited for.
    may("line_id", Id),
    may("waited_s", sa.Float),
    # Two distributors, or an accept beside a transfer, make one owner.
    sa.Index(
        "uq_assignments_running",
        "conversation_id",
        unique=True,
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    ),
    sa.Index("ix_assignments_operator", "operator_id"),
    sa.Index(
        "ix_assignments_waits",
        "line_id",
        "from_at",
        postgresql_where=WAITED,
        sqlite_where=WAITED,
    ),
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
    # On which rung of the ladder; who is preferred or waited for, and until when.
    may("rung", sa.Text),
    may("known_id", Id),
    may("until", Time),
    sa.Index("ix_decisions_conversation", "conversation_id", "at"),
)

shifts = sa.Table(
    "shifts",
    metadata,
    key(),
    ref("operator_id", "operators.id"),
    must("kind", sa.Text),
    must("from_at", Time),
    may("to_at", Time),
    # Clocking in twice at once begins one shift.
    sa.Index(
        "uq_shifts_running",
        "operator_id",
        "kind",
        unique=True,
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    ),
    sa.Index("ix_shifts_operator", "operator_id", "from_at"),
)

ratings = sa.Table(
    "ratings",
    metadata,
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True),
    may("scale", sa.Text),
    may("asked_at", Time),
    # A customer rates once, by the link of one question.
    may("token_hash", sa.LargeBinary, unique=True),
    may("score", sa.Integer),
    must("comment", sa.Text),
    may("rated_at", Time),
    may("supervisor_id", Id),
    may("supervisor_score", sa.Integer),
    must("supervisor_comment", sa.Text),
    may("answers", Json),
)

automatic_replies = sa.Table(
    "automatic_replies",
    metadata,
    # A stage is said once in a conversation, by whichever worker is first.
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    ref("thread_id", "threads.id"),
    must("at", Time),
    sa.Index("ix_automatic_replies_thread", "thread_id", "at"),
)
