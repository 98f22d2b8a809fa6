"""Procrastinate's own schema, where the ledger is in PostgreSQL; on SQLite nothing changes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make what Procrastinate 3.10 needs, unless it is there already."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    if sa.inspect(connection).has_table("procrastinate_jobs"):
        return
    from procrastinate.schema import SchemaManager  # noqa: PLC0415  # of the extra `postgres`

    # its text has signs that a driver would take for parameters
    connection.exec_driver_sql(
        SchemaManager.get_schema(), execution_options={"no_parameters": True}
    )
