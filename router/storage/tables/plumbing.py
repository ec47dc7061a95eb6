"""What keeps the desk honest: the record, the lanes of work, counters, what could not be read."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Serial, Time, key, may, metadata, must

NOT_A_MESSAGE = sa.text("name <> 'MessageReceived'")

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    must("at", Time),
    must("name", sa.Text),
    may("line_id", Id),
    may("conversation_id", Id),
    may("customer_id", Id),
    may("operator_id", Id),
    may("version", sa.Integer),
    may("after_seq", sa.Integer),
    must("data", Json),
    # Most events are messages, and nobody looks for those here.
    sa.Index(
        "ix_events_conversation",
        "conversation_id",
        "id",
        postgresql_where=NOT_A_MESSAGE,
        sqlite_where=NOT_A_MESSAGE,
    ),
)

# SQLite uses a partial index only for the same words: where these lanes are sought, it is by them.
NOT_ASIDE = sa.text("NOT set_aside")
DUE = sa.text(f"due_at IS NOT NULL AND {NOT_ASIDE.text}")

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    may("due_at", Time),
    must("generation", sa.BigInteger, server_default="0"),
    may("lease_until", Time),
    must("fence", sa.BigInteger, server_default="0"),
    must("failures", sa.Integer, server_default="0"),
    must("set_aside", sa.Boolean, server_default=sa.false()),
    may("reason", sa.Text),
    sa.Index("ix_lanes_due", "kind", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    must("count", sa.BigInteger),
)

counter_deltas = sa.Table(
    "counter_deltas",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    must("key", sa.Text),
    must("delta", sa.BigInteger),
    sa.Index("ix_counter_deltas_key", "key"),
)

unread = sa.Table(
    "unread",
    metadata,
    key(),
    must("inbox_id", Id),
    must("at", Time),
    must("reason", sa.Text),
    must("tries", sa.Integer, server_default="0"),
    must("request", sa.LargeBinary),
    sa.Index("ix_unread_inbox", "inbox_id", "at"),
)

wirelog = sa.Table(
    "wirelog",
    metadata,
    key(),
    must("inbox_id", Id),
    must("at", Time),
    must("direction", sa.Text),
    must("method", sa.Text),
    must("url", sa.Text),
    may("status", sa.Integer),
    must("sent", sa.Text),
    must("received", sa.Text),
    must("took_ms", sa.Integer),
    sa.Index("ix_wirelog_inbox", "inbox_id", "at"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    must("holder", sa.Text),
    must("until", Time),
    must("fence", sa.BigInteger),
)

inspections = sa.Table(
    "inspections",
    metadata,
    # The last of each kind: whoever asks may be another process than who looked.
    sa.Column("name", sa.Text, primary_key=True),
    must("at", Time),
    must("findings", Json),
)
