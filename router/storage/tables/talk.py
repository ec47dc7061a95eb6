"""Who writes, and what is said."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Time, key, may, metadata, must, ref
from router.urgency import NEVER

customers = sa.Table(
    "customers",
    metadata,
    key(),
    must("name", sa.Text),
    may("language", sa.Text),
    may("responsible_id", Id),
    may("merged_into", Id),
    must("created_at", Time),
    may("tier", sa.Text),
    must("blocked", sa.Boolean, server_default=sa.false()),
    # NULL: no CRM has said anything of them yet, and nobody here.
    may("crm_fields", Json),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("customer_id", Id, sa.ForeignKey("customers.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    must("proven", sa.Boolean),
    must("at", Time),
    sa.Index("ix_contacts_value", "kind", "value"),
)

identities = sa.Table(
    "identities",
    metadata,
    key(),
    ref("customer_id", "customers.id"),
    must("kind", sa.Text),
    must("scope", sa.Text),
    must("address", sa.Text),
    must("name", sa.Text),
    must("active", sa.Boolean),
    # One address belongs to one customer, however many first messages arrive at once.
    sa.UniqueConstraint("kind", "scope", "address"),
    sa.Index("ix_identities_customer", "customer_id"),
)

# What the provider says of a person, as it last did.
profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("identity_id", Id, sa.ForeignKey("identities.id"), primary_key=True),
    must("name", sa.Text),
    must("username", sa.Text),
    may("language", sa.Text),
    may("picture_id", Id),
    must("asked_at", Time),
)

threads = sa.Table(
    "threads",
    metadata,
    key(),
    ref("inbox_id", "inboxes.id"),
    ref("line_id", "lines.id"),
    must("key", sa.Text),
    ref("customer_id", "customers.id"),
    ref("identity_id", "identities.id"),
    must("last_seq", sa.Integer),
    must("customer_got_seq", sa.Integer, server_default="0"),
    must("customer_seen_seq", sa.Integer, server_default="0"),
    must("operator_got_seq", sa.Integer, server_default="0"),
    must("operator_seen_seq", sa.Integer, server_default="0"),
    must("public", sa.Boolean, server_default=sa.false()),
    # A provider's chat is one thread, however many of its messages arrive at once.
    sa.UniqueConstraint("inbox_id", "key"),
    sa.Index("ix_threads_customer", "customer_id"),
)

OPEN = sa.text("state <> 'closed'")
WAITING = sa.text("state IN ('waiting', 'offered')")
CLOSED = sa.text("state = 'closed'")
TIMED = sa.text("timer_at IS NOT NULL")
LATE = sa.text("breached_at IS NOT NULL AND state <> 'closed'")
MERGED = sa.text("merged_into IS NOT NULL")
SPLIT = sa.text("split_from IS NOT NULL")

conversations = sa.Table(
    "conversations",
    metadata,
    key(),
    ref("thread_id", "threads.id"),
    ref("line_id", "lines.id"),
    ref("inbox_id", "inboxes.id"),
    ref("customer_id", "customers.id"),
    must("channel", sa.Text),
    must("title", sa.Text),
    must("state", sa.Text),
    must("version", sa.Integer),
    must("opened_at", Time),
    must("rank_at", Time),
    must("last_activity_at", Time),
    must("first_seq", sa.Integer),
    must("last_seq", sa.Integer),
    must("seen_seq", sa.Integer),
    must("customer_seen_seq", sa.Integer),
    may("owner_id", Id),
    may("previous_owner_id", Id),
    may("offered_to", Id),
    may("offer_deadline", Time),
    may("waiting_since", Time),
    may("look_again_at", Time),
    may("snoozed_until", Time),
    may("unanswered_since", Time),
    may("first_reply_at", Time),
    may("closed_at", Time),
    may("close_reason", sa.Text),
    may("last_author", sa.Text),
    may("last_preview", sa.Text),
    may("last_file_count", sa.Integer),
    may("last_at", Time),
    may("lead_id", Id),
    must("participants", Json),
    must("weight", sa.Integer, server_default="100"),
    must("silent", sa.Boolean, server_default=sa.false()),
    must("head_start_s", sa.Integer, server_default="0"),
    may("language", sa.Text),
    must("skills", Json, server_default="[]"),
    must("pinned", sa.Boolean, server_default=sa.false()),
    must("stale", sa.Boolean, server_default=sa.false()),
    must("routed", sa.Boolean, server_default=sa.false()),
    may("timer_at", Time),
    may("reply_due_at", Time),
    may("resolve_due_at", Time),
    may("warned_at", Time),
    may("breached_at", Time),
    must("asked", Json, server_default="[]"),
    # Of `router/urgency.py`; every row that is written has it anew.
    must("urgent_at", Time, server_default=sa.literal(NEVER, Time)),
    may("merged_into", Id),
    must("public", sa.Boolean, server_default=sa.false()),
    may("split_from", Id),
    must("own_lead", sa.Boolean, server_default=sa.false()),
    must("subject", sa.Text, server_default=""),
    # Two first messages at once, or a reopening beside a new one, make one open conversation.
    sa.Index(
        "uq_conversations_open_thread",
        "thread_id",
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
    sa.Index("ix_conversations_thread", "thread_id", "first_seq"),
    sa.Index("ix_conversations_customer", "customer_id"),
    sa.Index(
        "ix_conversations_waiting",
        "line_id",
        "rank_at",
        "id",
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    ),
    sa.Index(
        "ix_conversations_longest",
        "line_id",
        sa.text("coalesce(waiting_since, opened_at)"),
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    ),
    sa.Index(
        "ix_conversations_all",
        "line_id",
        sa.text("last_activity_at DESC"),
        sa.text("id DESC"),
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
    sa.Index(
        "ix_conversations_late",
        "line_id",
        "breached_at",
        postgresql_where=LATE,
        sqlite_where=LATE,
    ),
    sa.Index(
        "ix_conversations_urgent_waiting",
        "line_id",
        "urgent_at",
        "rank_at",
        "id",
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    ),
    sa.Index(
        "ix_conversations_urgent_all",
        "line_id",
        "urgent_at",
        "rank_at",
        "id",
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
    sa.Index(
        "ix_conversations_owner",
        "owner_id",
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
    sa.Index(
        "ix_conversations_offered",
        "offered_to",
        postgresql_where=sa.text("state = 'offered'"),
        sqlite_where=sa.text("state = 'offered'"),
    ),
    sa.Index(
        "ix_conversations_closed",
        "line_id",
        sa.text("closed_at DESC"),
        sa.text("id DESC"),
        postgresql_where=CLOSED,
        sqlite_where=CLOSED,
    ),
    sa.Index(
        "ix_conversations_inbox_open",
        "inbox_id",
        sa.text("opened_at DESC"),
        sa.text("id DESC"),
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
    sa.Index(
        "ix_conversations_inbox_closed",
        "inbox_id",
        sa.text("closed_at DESC"),
        sa.text("id DESC"),
        postgresql_where=CLOSED,
        sqlite_where=CLOSED,
    ),
    sa.Index(
        "ix_conversations_looks",
        "line_id",
        "look_again_at",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_conversations_timers",
        "line_id",
        "timer_at",
        postgresql_where=TIMED,
        sqlite_where=TIMED,
    ),
    sa.Index(
        "ix_conversations_snoozed",
        "line_id",
        "snoozed_until",
        postgresql_where=sa.text("state = 'snoozed'"),
        sqlite_where=sa.text("state = 'snoozed'"),
    ),
    sa.Index(
        "ix_conversations_merged",
        "merged_into",
        postgresql_where=MERGED,
        sqlite_where=MERGED,
    ),
    sa.Index("ix_conversations_split", "split_from", postgresql_where=SPLIT, sqlite_where=SPLIT),
)

CHANGING = sa.text("change_due_at IS NOT NULL")

messages = sa.Table(
    "messages",
    metadata,
    key(),
    ref("thread_id", "threads.id"),
    ref("conversation_id", "conversations.id"),
    must("seq", sa.Integer),
    must("author", sa.Text),
    may("operator_id", Id),
    must("text", sa.Text),
    may("html", sa.Text),
    may("subject", sa.Text),
    may("client_id", sa.Text),
    may("external_id", sa.Text),
    may("in_reply_to", Id),
    must("automatic", sa.Boolean),
    may("writer", sa.Text),
    must("file_count", sa.Integer),
    must("sent_at", Time),
    must("stored_at", Time),
    may("edited_at", Time),
    may("deleted_at", Time),
    may("buttons", Json),
    may("limits", Json),
    # What is to become of it at the customer's, and until when that is looked at.
    may("change", Json),
    may("change_due_at", Time),
    may("reactions", Json),
    sa.Index(
        "ix_messages_changing",
        "thread_id",
        "change_due_at",
        postgresql_where=CHANGING,
        sqlite_where=CHANGING,
    ),
    # The thread's order: no two messages in one place, and a reader knows when one is missing.
    sa.UniqueConstraint("thread_id", "seq"),
)

provider_refs = sa.Table(
    "provider_refs",
    metadata,
    # Receiving is idempotent: a provider's message is stored once, however often it is sent.
    sa.Column("inbox_id", Id, sa.ForeignKey("inboxes.id"), primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    ref("message_id", "messages.id"),
    may("delivery_id", Id),
    # Every message adds a row: without a row number it is one tree instead of two.
    sqlite_with_rowid=False,
)

notes = sa.Table(
    "notes",
    metadata,
    key(),
    ref("thread_id", "threads.id"),
    ref("conversation_id", "conversations.id"),
    must("after_seq", sa.Integer),
    must("operator_id", Id),
    must("text", sa.Text),
    must("at", Time),
    sa.Index("ix_notes_thread", "thread_id", "after_seq"),
)

files = sa.Table(
    "files",
    metadata,
    key(),
    may("message_id", Id),
    must("position", sa.Integer, server_default="0"),
    must("name", sa.Text),
    must("mime", sa.Text),
    must("size_bytes", sa.BigInteger),
    must("state", sa.Text),
    may("blob_key", sa.Text),
    may("width", sa.Integer),
    may("height", sa.Integer),
    may("source", sa.Text),
    # Who may attach it: an operator's id, or a visitor's inbox and thread key.
    must("uploader", sa.Text),
    must("created_at", Time),
    sa.Index("ix_files_message", "message_id"),
    sa.Index("ix_files_blob", "blob_key"),
)

UNDER_WAY = sa.text("state IN ('queued', 'sending')")

deliveries = sa.Table(
    "deliveries",
    metadata,
    key(),
    ref("message_id", "messages.id"),
    ref("thread_id", "threads.id"),
    must("seq", sa.Integer),
    must("piece", sa.Integer),
    must("state", sa.Text),
    must("attempts", sa.Integer, server_default="0"),
    may("next_attempt_at", Time),
    may("external_id", sa.Text),
    # Its further names at the provider: of an album, of what went out as several.
    may("also", Json),
    may("reason", sa.Text),
    must("changed_at", Time),
    # A message that is cut again after a crash gives the same pieces, not more of them.
    sa.UniqueConstraint("message_id", "piece"),
    sa.Index(
        "ix_deliveries_under_way",
        "thread_id",
        "seq",
        "piece",
        postgresql_where=UNDER_WAY,
        sqlite_where=UNDER_WAY,
    ),
)

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("thread_id", Id, sa.ForeignKey("threads.id"), primary_key=True),
    must("url", sa.Text),
    must("title", sa.Text),
    must("referrer", sa.Text),
    must("at", Time),
    # The first page ever: it names the campaign that brought the visitor.
    must("landing_url", sa.Text),
)
