"""The first tables. Runs before the code is deployed."""

import sqlalchemy as sa
from alembic import op

from router.storage.columns import Id, Json, Serial, Time

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", Id, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("used_at", Time, nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_api_tokens")),
        sa.UniqueConstraint("hash", name=("uq_api_tokens_hash")),
    )
    op.create_table(
        "audit",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("operator_id", Id, nullable=True),
        sa.Column("token_id", Id, nullable=True),
        sa.Column("subject_id", Id, nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "counter_deltas",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_counter_deltas")),
    )
    op.create_index("ix_counter_deltas_key", "counter_deltas", ["key"], unique=False)
    op.create_table(
        "counters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=("pk_counters")),
    )
    op.create_table(
        "crm_lanes",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("asked_key", sa.Text(), nullable=True),
        sa.Column("asked_at", Time, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "customer_id", name=("pk_crm_lanes")),
    )
    op.create_index("ix_crm_lanes_problem", "crm_lanes", ["account", "problem"], unique=False)
    op.create_table(
        "crm_links",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("our_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("made_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", "our_id", name=("pk_crm_links")),
    )
    op.create_index(
        "ix_crm_links_customer",
        "crm_links",
        ["customer_id", "account", "kind", "made_at"],
        unique=False,
    )
    op.create_index("ix_crm_links_ref", "crm_links", ["account", "ref"], unique=False)
    op.create_table(
        "crm_persons",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_crm_persons")),
    )
    op.create_table(
        "customers",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("responsible_id", Id, nullable=True),
        sa.Column("merged_into", Id, nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_customers")),
    )
    op.create_table(
        "events",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line_id", Id, nullable=True),
        sa.Column("conversation_id", Id, nullable=True),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("operator_id", Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("after_seq", sa.Integer(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_events")),
    )
    op.create_index(
        "ix_events_conversation",
        "events",
        ["conversation_id", "id"],
        unique=False,
        postgresql_where=sa.text("name <> 'MessageReceived'"),
        sqlite_where=sa.text("name <> 'MessageReceived'"),
    )
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("who", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_failed_sign_ins")),
    )
    op.create_index("ix_failed_sign_ins_who", "failed_sign_ins", ["who", "at"], unique=False)
    op.create_table(
        "files",
        sa.Column("id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("uploader", sa.Text(), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_files")),
    )
    op.create_index("ix_files_message", "files", ["message_id"], unique=False)
    op.create_table(
        "lanes",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", Time, nullable=True),
        sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", Time, nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("set_aside", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name=("pk_lanes")),
    )
    op.create_index(
        "ix_lanes_due",
        "lanes",
        ["kind", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND NOT set_aside"),
        sqlite_where=sa.text("due_at IS NOT NULL AND NOT set_aside"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Time, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=("pk_leases")),
    )
    op.create_table(
        "lines",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_lines")),
        sa.UniqueConstraint("key", name=("uq_lines_key")),
    )
    op.create_table(
        "operators",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("max_conversations", sa.Integer(), nullable=False),
        sa.Column("avatar", Id, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_operators")),
        sa.UniqueConstraint("email", name=("uq_operators_email")),
    )
    op.create_table(
        "unread",
        sa.Column("id", Id, nullable=False),
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_unread")),
    )
    op.create_index("ix_unread_inbox", "unread", ["inbox_id", "at"], unique=False)
    op.create_table(
        "wirelog",
        sa.Column("id", Id, nullable=False),
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("received", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_wirelog")),
    )
    op.create_index("ix_wirelog_inbox", "wirelog", ["inbox_id", "at"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=("fk_contacts_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "kind", "value", name=("pk_contacts")),
    )
    op.create_index("ix_contacts_value", "contacts", ["kind", "value"], unique=False)
    op.create_table(
        "crm_addresses",
        sa.Column("person_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["crm_persons.id"], name=("fk_crm_addresses_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "kind", "scope", "value", name=("pk_crm_addresses")),
    )
    op.create_index(
        "ix_crm_addresses_value", "crm_addresses", ["kind", "value", "scope"], unique=False
    )
    op.create_table(
        "crm_leads",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("utm", Json, nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("changed_at", Time, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["crm_persons.id"], name=("fk_crm_leads_person_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_crm_leads")),
    )
    op.create_index("ix_crm_leads_customer", "crm_leads", ["customer_id", "made_at"], unique=False)
    op.create_index(
        "ix_crm_leads_made",
        "crm_leads",
        [sa.text("made_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index("ix_crm_leads_person", "crm_leads", ["person_id", "made_at"], unique=False)
    op.create_index(
        "ix_crm_leads_stage",
        "crm_leads",
        ["stage", sa.text("made_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_table(
        "identities",
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=("fk_identities_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_identities")),
        sa.UniqueConstraint("kind", "scope", "address", name=("uq_identities_kind_scope_address")),
    )
    op.create_index("ix_identities_customer", "identities", ["customer_id"], unique=False)
    op.create_table(
        "inboxes",
        sa.Column("id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", Json, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_arrival_at", Time, nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_inboxes_line_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_inboxes")),
    )
    op.create_index("ix_inboxes_line", "inboxes", ["line_id"], unique=False)
    op.create_table(
        "operator_load",
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("offered_count", sa.Integer(), nullable=False),
        sa.Column("idle_since", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=("fk_operator_load_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=("pk_operator_load")),
    )
    op.create_table(
        "presence",
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_since", Time, nullable=False),
        sa.Column("reachable_until", Time, nullable=True),
        sa.Column("missed_offers", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=("fk_presence_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=("pk_presence")),
    )
    op.create_table(
        "queue_members",
        sa.Column("line_id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_queue_members_line_id")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=("fk_queue_members_operator_id")
        ),
        sa.PrimaryKeyConstraint("line_id", "operator_id", name=("pk_queue_members")),
    )
    op.create_index("ix_queue_members_operator", "queue_members", ["operator_id"], unique=False)
    op.create_table(
        "rotation",
        sa.Column("line_id", Id, nullable=False),
        sa.Column("last_operator_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_rotation_line_id")),
        sa.PrimaryKeyConstraint("line_id", name=("pk_rotation")),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("begun_at", Time, nullable=False),
        sa.Column("used_at", Time, nullable=False),
        sa.Column("until", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=("fk_sessions_operator_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=("pk_sessions")),
    )
    op.create_index("ix_sessions_operator", "sessions", ["operator_id"], unique=False)
    op.create_index("ix_sessions_until", "sessions", ["until"], unique=False)
    op.create_table(
        "crm_entries",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_names", Json, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("conversation_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["crm_leads.id"], name=("fk_crm_entries_lead_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_crm_entries")),
        sa.UniqueConstraint("lead_id", "key", name=("uq_crm_entries_lead_id_key")),
    )
    op.create_index(
        "ix_crm_entries_lead", "crm_entries", ["lead_id", sa.text("id DESC")], unique=False
    )
    op.create_table(
        "crm_tasks",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_at", Time, nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("made_at", Time, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["crm_leads.id"], name=("fk_crm_tasks_lead_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_crm_tasks")),
    )
    op.create_index("ix_crm_tasks_lead", "crm_tasks", ["lead_id", "due_at"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", Id, nullable=False),
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("identity_id", Id, nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("customer_got_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("customer_seen_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("operator_got_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("operator_seen_seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=("fk_threads_customer_id")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=("fk_threads_identity_id")
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=("fk_threads_inbox_id")),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_threads_line_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_threads")),
        sa.UniqueConstraint("inbox_id", "key", name=("uq_threads_inbox_id_key")),
    )
    op.create_index("ix_threads_customer", "threads", ["customer_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", Id, nullable=False),
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", Time, nullable=False),
        sa.Column("rank_at", Time, nullable=False),
        sa.Column("last_activity_at", Time, nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("customer_seen_seq", sa.Integer(), nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("previous_owner_id", Id, nullable=True),
        sa.Column("offered_to", Id, nullable=True),
        sa.Column("offer_deadline", Time, nullable=True),
        sa.Column("waiting_since", Time, nullable=True),
        sa.Column("look_again_at", Time, nullable=True),
        sa.Column("snoozed_until", Time, nullable=True),
        sa.Column("unanswered_since", Time, nullable=True),
        sa.Column("first_reply_at", Time, nullable=True),
        sa.Column("closed_at", Time, nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("last_author", sa.Text(), nullable=True),
        sa.Column("last_preview", sa.Text(), nullable=True),
        sa.Column("last_file_count", sa.Integer(), nullable=True),
        sa.Column("last_at", Time, nullable=True),
        sa.Column("lead_id", Id, nullable=True),
        sa.Column("participants", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=("fk_conversations_customer_id")
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=("fk_conversations_inbox_id")),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_conversations_line_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=("fk_conversations_thread_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_conversations")),
    )
    op.create_index(
        "ix_conversations_all",
        "conversations",
        ["line_id", sa.text("last_activity_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "ix_conversations_closed",
        "conversations",
        ["line_id", sa.text("closed_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("state = 'closed'"),
        sqlite_where=sa.text("state = 'closed'"),
    )
    op.create_index("ix_conversations_customer", "conversations", ["customer_id"], unique=False)
    op.create_index(
        "ix_conversations_looks",
        "conversations",
        ["line_id", "look_again_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_conversations_offered",
        "conversations",
        ["offered_to"],
        unique=False,
        postgresql_where=sa.text("state = 'offered'"),
        sqlite_where=sa.text("state = 'offered'"),
    )
    op.create_index(
        "ix_conversations_owner",
        "conversations",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "ix_conversations_snoozed",
        "conversations",
        ["line_id", "snoozed_until"],
        unique=False,
        postgresql_where=sa.text("state = 'snoozed'"),
        sqlite_where=sa.text("state = 'snoozed'"),
    )
    op.create_index(
        "ix_conversations_thread", "conversations", ["thread_id", "first_seq"], unique=False
    )
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["line_id", "rank_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
    )
    op.create_index(
        "uq_conversations_open_thread",
        "conversations",
        ["thread_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "visits",
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("referrer", sa.Text(), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("landing_url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=("fk_visits_thread_id")),
        sa.PrimaryKeyConstraint("thread_id", name=("pk_visits")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("from_at", Time, nullable=False),
        sa.Column("to_at", Time, nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=("fk_assignments_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=("fk_assignments_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_assignments")),
    )
    op.create_index("ix_assignments_operator", "assignments", ["operator_id"], unique=False)
    op.create_index(
        "uq_assignments_running",
        "assignments",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
        sqlite_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "crm_logs",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=("fk_crm_logs_conversation_id")
        ),
        sa.PrimaryKeyConstraint("account", "conversation_id", name=("pk_crm_logs")),
    )
    op.create_index("ix_crm_logs_lead", "crm_logs", ["lead_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("operator_id", Id, nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("removed", Json, nullable=False),
        sa.Column("named", Json, nullable=False),
        sa.Column("look_again_at", Time, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=("fk_decisions_conversation_id")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_decisions_line_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_decisions")),
    )
    op.create_index(
        "ix_decisions_conversation", "decisions", ["conversation_id", "at"], unique=False
    )
    op.create_table(
        "messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("operator_id", Id, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("in_reply_to", Id, nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column("sent_at", Time, nullable=False),
        sa.Column("stored_at", Time, nullable=False),
        sa.Column("edited_at", Time, nullable=True),
        sa.Column("deleted_at", Time, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=("fk_messages_conversation_id")
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=("fk_messages_thread_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_messages")),
        sa.UniqueConstraint("thread_id", "seq", name=("uq_messages_thread_id_seq")),
    )
    op.create_table(
        "notes",
        sa.Column("id", Id, nullable=False),
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=("fk_notes_conversation_id")
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=("fk_notes_thread_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_notes")),
    )
    op.create_index("ix_notes_thread", "notes", ["thread_id", "after_seq"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("operator_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("deadline", Time, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=("fk_offers_conversation_id")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=("fk_offers_line_id")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=("fk_offers_operator_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_offers")),
    )
    op.create_index("ix_offers_conversation", "offers", ["conversation_id"], unique=False)
    op.create_index(
        "ix_offers_due",
        "offers",
        ["line_id", "deadline"],
        unique=False,
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.create_index(
        "uq_offers_live",
        "offers",
        ["conversation_id", "operator_id"],
        unique=True,
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("thread_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Time, nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_at", Time, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=("fk_deliveries_message_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=("fk_deliveries_thread_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_deliveries")),
        sa.UniqueConstraint("message_id", "piece", name=("uq_deliveries_message_id_piece")),
    )
    op.create_index(
        "ix_deliveries_under_way",
        "deliveries",
        ["thread_id", "seq", "piece"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_table(
        "provider_refs",
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("delivery_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=("fk_provider_refs_inbox_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=("fk_provider_refs_message_id")
        ),
        sa.PrimaryKeyConstraint("inbox_id", "external_id", name=("pk_provider_refs")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("provider_refs")
    op.drop_index(
        "ix_deliveries_under_way",
        table_name="deliveries",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_table("deliveries")
    op.drop_index(
        "uq_offers_live",
        table_name="offers",
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.drop_index(
        "ix_offers_due",
        table_name="offers",
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.drop_index("ix_offers_conversation", table_name="offers")
    op.drop_table("offers")
    op.drop_index("ix_notes_thread", table_name="notes")
    op.drop_table("notes")
    op.drop_table("messages")
    op.drop_index("ix_decisions_conversation", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("ix_crm_logs_lead", table_name="crm_logs")
    op.drop_table("crm_logs")
    op.drop_index(
        "uq_assignments_running",
        table_name="assignments",
        postgresql_where=sa.text("to_at IS NULL"),
        sqlite_where=sa.text("to_at IS NULL"),
    )
    op.drop_index("ix_assignments_operator", table_name="assignments")
    op.drop_table("assignments")
    op.drop_table("visits")
    op.drop_index(
        "uq_conversations_open_thread",
        table_name="conversations",
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.drop_index(
        "ix_conversations_waiting",
        table_name="conversations",
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
    )
    op.drop_index("ix_conversations_thread", table_name="conversations")
    op.drop_index(
        "ix_conversations_snoozed",
        table_name="conversations",
        postgresql_where=sa.text("state = 'snoozed'"),
        sqlite_where=sa.text("state = 'snoozed'"),
    )
    op.drop_index(
        "ix_conversations_owner",
        table_name="conversations",
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.drop_index(
        "ix_conversations_offered",
        table_name="conversations",
        postgresql_where=sa.text("state = 'offered'"),
        sqlite_where=sa.text("state = 'offered'"),
    )
    op.drop_index(
        "ix_conversations_looks",
        table_name="conversations",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_conversations_customer", table_name="conversations")
    op.drop_index(
        "ix_conversations_closed",
        table_name="conversations",
        postgresql_where=sa.text("state = 'closed'"),
        sqlite_where=sa.text("state = 'closed'"),
    )
    op.drop_index(
        "ix_conversations_all",
        table_name="conversations",
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.drop_table("conversations")
    op.drop_index("ix_threads_customer", table_name="threads")
    op.drop_table("threads")
    op.drop_index("ix_crm_tasks_lead", table_name="crm_tasks")
    op.drop_table("crm_tasks")
    op.drop_index("ix_crm_entries_lead", table_name="crm_entries")
    op.drop_table("crm_entries")
    op.drop_index("ix_sessions_until", table_name="sessions")
    op.drop_index("ix_sessions_operator", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("rotation")
    op.drop_index("ix_queue_members_operator", table_name="queue_members")
    op.drop_table("queue_members")
    op.drop_table("presence")
    op.drop_table("operator_load")
    op.drop_index("ix_inboxes_line", table_name="inboxes")
    op.drop_table("inboxes")
    op.drop_index("ix_identities_customer", table_name="identities")
    op.drop_table("identities")
    op.drop_index("ix_crm_leads_stage", table_name="crm_leads")
    op.drop_index("ix_crm_leads_person", table_name="crm_leads")
    op.drop_index("ix_crm_leads_made", table_name="crm_leads")
    op.drop_index("ix_crm_leads_customer", table_name="crm_leads")
    op.drop_table("crm_leads")
    op.drop_index("ix_crm_addresses_value", table_name="crm_addresses")
    op.drop_table("crm_addresses")
    op.drop_index("ix_contacts_value", table_name="contacts")
    op.drop_table("contacts")
    op.drop_index("ix_wirelog_inbox", table_name="wirelog")
    op.drop_table("wirelog")
    op.drop_index("ix_unread_inbox", table_name="unread")
    op.drop_table("unread")
    op.drop_table("operators")
    op.drop_table("lines")
    op.drop_table("leases")
    op.drop_index(
        "ix_lanes_due",
        table_name="lanes",
        postgresql_where=sa.text("due_at IS NOT NULL AND NOT set_aside"),
        sqlite_where=sa.text("due_at IS NOT NULL AND NOT set_aside"),
    )
    op.drop_table("lanes")
    op.drop_index("ix_files_message", table_name="files")
    op.drop_table("files")
    op.drop_index("ix_failed_sign_ins_who", table_name="failed_sign_ins")
    op.drop_table("failed_sign_ins")
    op.drop_index(
        "ix_events_conversation",
        table_name="events",
        postgresql_where=sa.text("name <> 'MessageReceived'"),
        sqlite_where=sa.text("name <> 'MessageReceived'"),
    )
    op.drop_table("events")
    op.drop_table("customers")
    op.drop_table("crm_persons")
    op.drop_index("ix_crm_links_ref", table_name="crm_links")
    op.drop_index("ix_crm_links_customer", table_name="crm_links")
    op.drop_table("crm_links")
    op.drop_index("ix_crm_lanes_problem", table_name="crm_lanes")
    op.drop_table("crm_lanes")
    op.drop_table("counters")
    op.drop_index("ix_counter_deltas_key", table_name="counter_deltas")
    op.drop_table("counter_deltas")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_table("audit")
    op.drop_table("api_tokens")
