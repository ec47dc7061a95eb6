"""What is logged to a CRM and how far, and the built-in CRM itself."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Time, key, may, metadata, must

crm_links = sa.Table(
    "crm_links",
    metadata,
    # One of our things is one record in a CRM account, however often the step is repeated.
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("our_id", Id, primary_key=True),
    must("customer_id", Id),
    # NULL: it was decided to make it, and it is not known to be made.
    may("ref", sa.Text),
    may("digest", sa.Text),
    must("made_at", Time),
    sa.Index("ix_crm_links_customer", "customer_id", "account", "kind", "made_at"),
    sa.Index("ix_crm_links_ref", "account", "ref"),
)

crm_logs = sa.Table(
    "crm_logs",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversations.id"), primary_key=True),
    may("lead_id", Id),
    must("seq", sa.Integer),
    must("parts", sa.Integer),
    must("event_id", sa.BigInteger),
    must("version", sa.Integer),
    may("owner_id", Id),
    sa.Index("ix_crm_logs_lead", "lead_id"),
)

crm_lanes = sa.Table(
    "crm_lanes",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("customer_id", Id, primary_key=True),
    may("asked_key", sa.Text),
    may("asked_at", Time),
    # Of a post: whose it was, and how far that is logged once it is there.
    may("asked_post", Json),
    may("problem", sa.Text),
    may("detail", sa.Text),
    sa.Index("ix_crm_lanes_problem", "account", "problem"),
)

# --- the built-in CRM ---------------------------------------------------------

crm_persons = sa.Table(
    "crm_persons",
    metadata,
    # A person has the id of the first customer that they were: saving them twice makes one.
    key(),
    must("name", sa.Text),
    must("made_at", Time),
)

crm_addresses = sa.Table(
    "crm_addresses",
    metadata,
    sa.Column("person_id", Id, sa.ForeignKey("crm_persons.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    must("proven", sa.Boolean),
    must("position", sa.Integer),
    sa.Index("ix_crm_addresses_value", "kind", "value", "scope"),
)

crm_leads = sa.Table(
    "crm_leads",
    metadata,
    key(),
    sa.Column("person_id", Id, sa.ForeignKey("crm_persons.id"), nullable=False),
    may("customer_id", Id),
    must("title", sa.Text),
    must("stage", sa.Text),
    may("owner_id", Id),
    must("source", sa.Text),
    must("utm", Json),
    must("made_at", Time),
    must("changed_at", Time),
    sa.Index("ix_crm_leads_made", sa.text("made_at DESC"), sa.text("id DESC")),
    sa.Index("ix_crm_leads_stage", "stage", sa.text("made_at DESC"), sa.text("id DESC")),
    sa.Index("ix_crm_leads_customer", "customer_id", "made_at"),
    sa.Index("ix_crm_leads_person", "person_id", "made_at"),
)

crm_entries = sa.Table(
    "crm_entries",
    metadata,
    key(),
    sa.Column("lead_id", Id, sa.ForeignKey("crm_leads.id"), nullable=False),
    must("key", sa.Text),
    must("kind", sa.Text),
    must("author", sa.Text),
    must("text", sa.Text),
    must("file_names", Json),
    must("at", Time),
    may("conversation_id", Id),
    may("message_id", Id),
    may("edited_at", Time),
    may("withdrawn_at", Time),
    may("turn", sa.Text),
    may("data", Json),
    # Logging again what is logged adds nothing.
    sa.UniqueConstraint("lead_id", "key"),
    # Ids grow in the order of logging, which is the threads' order.
    sa.Index("ix_crm_entries_lead", "lead_id", sa.text("id DESC")),
    sa.Index("ix_crm_entries_message", "message_id"),
)

crm_tasks = sa.Table(
    "crm_tasks",
    metadata,
    key(),
    sa.Column("lead_id", Id, sa.ForeignKey("crm_leads.id"), nullable=False),
    must("title", sa.Text),
    must("due_at", Time),
    may("owner_id", Id),
    must("made_at", Time),
    sa.Index("ix_crm_tasks_lead", "lead_id", "due_at"),
)
