"""What is searched: the words of people, messages and leads, and what is to be indexed yet."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from router.storage.columns import Id, Serial, metadata, must

search_docs = sa.Table(
    "search_docs",
    metadata,
    # Grows with time: the newest are found first.
    sa.Column("id", Serial, primary_key=True, autoincrement=False),
    # What is shown: a conversation or a lead.
    must("whose", Id),
    # Where the words stand: the conversation's or lead's own card, or a message.
    must("subject", Id),
    must("words", sa.Text),
    # On SQLite they stand in `search_tokens` alone.
    must("tokens", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")),
    sa.UniqueConstraint("subject"),
    sa.Index("ix_search_docs_whose", "whose", "id"),
    # A pending list would be searched word by word, and emptied by whoever fills it up.
    sa.Index(
        "ix_search_docs_tokens",
        "tokens",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    ).ddl_if(dialect="postgresql"),
)

search_queue = sa.Table(
    "search_queue",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    must("kind", sa.Text),
    must("subject", Id),
)

# Without the texts: only which tokens stand in which document, and of short beginnings too.
FTS5 = """CREATE VIRTUAL TABLE search_tokens USING fts5(
    tokens, content='', detail=none, columnsize=0, tokenize='ascii', prefix='2 3 4 5 6')"""
sa.event.listen(
    search_docs,
    "after_create",
    sa.DDL(FTS5).execute_if(dialect="sqlite"),  # type: ignore[no-untyped-call]
)

# Not in `metadata`: PostgreSQL has none. The column of its own name takes commands.
search_tokens = sa.Table(
    "search_tokens",
    sa.MetaData(),
    must("rowid", sa.Integer),
    must("tokens", sa.Text),
    must("search_tokens", sa.Text),
)
