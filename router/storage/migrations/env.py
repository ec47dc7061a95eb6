"""Alembic's entry: runs over the connection that `router.storage.migrate` hands in."""

from alembic import context

from router.storage.migrate import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables(),
    render_as_batch=True,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
