"""Events keep what they said until it is unfolded, so that handing one over is one insertion."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add where an event keeps it, and how far they are unfolded; those that are there are."""
    op.add_column("events", sa.Column("waiting", sa.JSON))
    op.add_column("events", sa.Column("customer", sa.Text))
    op.add_column(
        "installation", sa.Column("unfolded", _number, nullable=False, server_default="0")
    )
    op.execute("UPDATE installation SET unfolded = COALESCE((SELECT MAX(number) FROM events), 0)")
