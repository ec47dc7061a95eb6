"""What an administrator sets up: lines, inboxes, operators."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Time, key, may, metadata, must, ref

lines = sa.Table(
    "lines",
    metadata,
    key(),
    must("key", sa.Text, unique=True),
    must("name", sa.Text),
    must("language", sa.Text),
    must("active", sa.Boolean),
    must("settings", Json),
)

inboxes = sa.Table(
    "inboxes",
    metadata,
    key(),
    ref("line_id", "lines.id"),
    must("kind", sa.Text),
    must("name", sa.Text),
    must("account", Json),
    may("secrets", sa.LargeBinary),
    must("active", sa.Boolean),
    must("health", sa.Text),
    may("last_error", sa.Text),
    may("last_arrival_at", Time),
    may("cursor", sa.Text),
    sa.Index("ix_inboxes_line", "line_id"),
)

operators = sa.Table(
    "operators",
    metadata,
    key(),
    must("email", sa.Text, unique=True),
    must("name", sa.Text),
    must("role", sa.Text),
    must("active", sa.Boolean),
    must("language", sa.Text),
    must("max_conversations", sa.Integer),
    may("avatar", Id),
    may("password_hash", sa.Text),
    must("must_change_password", sa.Boolean, server_default=sa.false()),
)

queue_members = sa.Table(
    "queue_members",
    metadata,
    sa.Column("line_id", Id, sa.ForeignKey("lines.id"), primary_key=True),
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("position", sa.Integer),
    sa.Index("ix_queue_members_operator", "operator_id"),
)
