"""Alembic's entry point; `riskscore.store.schema` hands the connection in."""

from alembic import context

from riskscore.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
