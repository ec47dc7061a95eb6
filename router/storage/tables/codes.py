"""Codes that prove who somebody is."""

import sqlalchemy as sa

from router.storage.columns import Id, Time, key, may, metadata, must, ref

ASKED = sa.text("state = 'asked'")

codes = sa.Table(
    "codes",
    metadata,
    key(),
    ref("thread_id", "threads.id"),
    must("conversation_id", Id),
    must("customer_id", Id),
    must("identity_id", Id),
    must("to_customer_id", Id),
    must("to_conversation_id", Id),
    must("message_id", Id),
    must("hash", sa.LargeBinary(32)),
    may("sealed", sa.LargeBinary),
    must("made_at", Time),
    must("until", Time),
    must("state", sa.Text),
    must("tries", sa.Integer),
    must("answered", sa.Integer),
    # One code at a time is waited for in a thread.
    sa.Index(
        "uq_codes_asked",
        "thread_id",
        unique=True,
        postgresql_where=ASKED,
        sqlite_where=ASKED,
    ),
    # A message has one code.
    sa.Index("uq_codes_message", "message_id", unique=True),
    sa.Index("ix_codes_made", "made_at"),
)
