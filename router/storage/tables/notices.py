"""The devices to which notices are pushed, and what each operator was told."""

import sqlalchemy as sa

from router.storage.columns import Id, Time, key, may, metadata, must, ref

push_devices = sa.Table(
    "push_devices",
    metadata,
    key(),
    ref("operator_id", "operators.id"),
    # Whoever is signed out is told nothing any more.
    sa.Column(
        "session_hash",
        sa.LargeBinary(32),
        sa.ForeignKey("sessions.hash", ondelete="CASCADE"),
        nullable=False,
    ),
    # A browser is told as whoever allowed it last, and once.
    must("endpoint", sa.Text, unique=True),
    must("p256dh", sa.Text),
    must("auth", sa.Text),
    # With which of our keys its push service knows us.
    must("server_key", sa.Text),
    must("made_at", Time),
    may("shown_at", Time),
    # Its push service asked for quiet, or failed.
    may("paused_until", Time),
    sa.Index("ix_push_devices_operator", "operator_id"),
    sa.Index("ix_push_devices_session", "session_hash"),
)

notices = sa.Table(
    "notices",
    metadata,
    # Of a conversation, or of a line's queue, an operator is told once as long as `mark` holds.
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    sa.Column("subject_id", Id, primary_key=True),
    must("mark", sa.Text),
    must("at", Time),
    sa.Index("ix_notices_at", "at"),
)
