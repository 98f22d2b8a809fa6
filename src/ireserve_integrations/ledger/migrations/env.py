"""Runs revisions on the connection that `ledger.schema` lends."""

from alembic import context

from ireserve_integrations.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the lent connection is inside the one transaction
)
context.run_migrations()
