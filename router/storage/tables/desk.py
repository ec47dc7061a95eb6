"""What an administrator sets up: lines, inboxes, operators, their calendars and departments."""

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
    may("calendar_id", Id),
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
    # How its provider reaches us, as it was last asked.
    may("standing", Json),
    sa.Index("ix_inboxes_line", "line_id"),
)

# Accounts that let an inbox answer for them.
delegations = sa.Table(
    "delegations",
    metadata,
    sa.Column("inbox_id", Id, sa.ForeignKey("inboxes.id"), primary_key=True),
    sa.Column("owner", sa.Text, primary_key=True),
    must("keys", sa.Text),
    must("enabled", sa.Boolean),
    must("may_reply", sa.Boolean),
    must("name", sa.Text),
    must("username", sa.Text),
    must("order", sa.BigInteger),
    must("heard_at", Time),
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
    must("languages", Json, server_default="[]"),
    must("skills", Json, server_default="[]"),
    must("shift", sa.Text, server_default="always"),
    may("calendar_id", Id),
    may("deputy_id", Id),
)

queue_members = sa.Table(
    "queue_members",
    metadata,
    sa.Column("line_id", Id, sa.ForeignKey("lines.id"), primary_key=True),
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("position", sa.Integer),
    sa.Index("ix_queue_members_operator", "operator_id"),
)

calendars = sa.Table("calendars", metadata, key(), must("name", sa.Text), must("settings", Json))

calendar_feeds = sa.Table(
    "calendar_feeds",
    metadata,
    sa.Column("calendar_id", Id, sa.ForeignKey("calendars.id"), primary_key=True),
    must("sealed", sa.LargeBinary),
    must("host", sa.Text),
    must("free_too", sa.Boolean),
    may("etag", sa.Text),
    may("tried_at", Time),
    may("fetched_at", Time),
    may("error", sa.Text),
    must("failures", sa.Integer),
)

departments = sa.Table("departments", metadata, key(), must("name", sa.Text))

department_members = sa.Table(
    "department_members",
    metadata,
    sa.Column("department_id", Id, sa.ForeignKey("departments.id"), primary_key=True),
    sa.Column("operator_id", Id, sa.ForeignKey("operators.id"), primary_key=True),
    must("position", sa.Integer),
    sa.Index("ix_department_members_operator", "operator_id"),
)

# Of queues that hold departments; `queue_members` is what comes of them.
queue_entries = sa.Table(
    "queue_entries",
    metadata,
    sa.Column("line_id", Id, sa.ForeignKey("lines.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    ref("operator_id", "operators.id", nullable=True),
    ref("department_id", "departments.id", nullable=True),
    sa.Index("ix_queue_entries_department", "department_id"),
)

leaves = sa.Table(
    "leaves",
    metadata,
    key(),
    ref("operator_id", "operators.id"),
    must("from_at", Time),
    may("until_at", Time),
    must("reason", sa.Text),
    sa.Index("ix_leaves_operator", "operator_id", "from_at"),
    sa.Index("ix_leaves_until", "until_at"),
)

card_fields = sa.Table(
    "card_fields",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    must("position", sa.Integer),
    must("settings", Json),
)
