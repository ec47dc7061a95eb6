"""Who may come in: sessions, tokens of scripts, failed sign-ins, and what was done with it."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Serial, Time, key, may, metadata, must, ref

sessions = sa.Table(
    "sessions",
    metadata,
    # The hash of what the cookie holds: whoever reads the database cannot sign in with it.
    sa.Column("hash", sa.LargeBinary(32), primary_key=True),
    ref("operator_id", "operators.id"),
    must("begun_at", Time),
    must("used_at", Time),
    must("until", Time),
    sa.Index("ix_sessions_operator", "operator_id"),
    sa.Index("ix_sessions_until", "until"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    key(),
    # Two tokens are never one.
    must("hash", sa.LargeBinary(32), unique=True),
    must("name", sa.Text),
    must("role", sa.Text),
    must("made_at", Time),
    may("used_at", Time),
)

failed_sign_ins = sa.Table(
    "failed_sign_ins",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    # A hash of an e-mail or of an address.
    must("who", sa.LargeBinary(32)),
    must("at", Time),
    sa.Index("ix_failed_sign_ins_who", "who", "at"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    must("at", Time),
    must("act", sa.Text),
    may("operator_id", Id),
    may("token_id", Id),
    may("subject_id", Id),
    must("data", Json),
    sa.Index("ix_audit_at", "at"),
)
