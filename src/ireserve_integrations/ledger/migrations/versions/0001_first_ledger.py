"""The first ledger: installation, bookings, events, pairs, grants, openings, secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest_key", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    _create_what_came_in()
    _create_what_is_owed()
    _create_grants()
    _create_openings()


def _create_what_came_in() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("customer", sa.Text),
        sa.Column("end_at", sa.DateTime, nullable=False),
        sa.Column("sequence", sa.BigInteger),
    )
    op.create_table(
        "events",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Text),
        sa.Column("booking", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("arrived_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("event_id", name="events_event_id"),
    )
    op.create_index("events_booking", "events", ["booking", "number"])


def _create_what_is_owed() -> None:
    op.create_table(
        "pairs",
        sa.Column("integration", sa.Text, primary_key=True),
        sa.Column("booking", sa.Text, primary_key=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("standing", sa.Text),
        sa.Column("standing_sequence", sa.BigInteger),
        sa.Column("applied", _number, nullable=False),
        sa.Column("due_at", sa.DateTime),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_as", sa.Text),
        sa.Column("lease", _number, nullable=False),
        sa.Column("leased_until", sa.DateTime),
    )
    op.create_index("pairs_booking", "pairs", ["booking"])
    op.create_index("pairs_due", "pairs", ["due_at"])


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", _number, primary_key=True, autoincrement=True),
        sa.Column("integration", sa.Text, nullable=False),
        sa.Column("booking", sa.Text, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("place", sa.JSON, nullable=False),
        sa.Column("targets", sa.JSON, nullable=False),
        sa.Column("field", sa.Text),
        sa.Column("starts_at", sa.DateTime),
        sa.Column("ends_at", sa.DateTime),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("said_start", sa.DateTime, nullable=False),
        sa.Column("said_end", sa.DateTime, nullable=False),
        sa.Column("said_objects", sa.JSON, nullable=False),
        sa.Column("asked_at", sa.DateTime),
        sa.Column("search_at", sa.DateTime),
        sa.Column("made_at", sa.DateTime),
        sa.Column("ended_at", sa.DateTime),
    )
    op.create_index("grants_pair", "grants", ["integration", "booking"])
    op.create_index("grants_booking", "grants", ["booking"])
    op.create_index("grants_reference", "grants", ["reference"])
    op.create_index("grants_made", "grants", ["integration", "made_at"])


def _create_openings() -> None:
    op.create_table(
        "openings",
        sa.Column("id", _number, primary_key=True, autoincrement=True),
        sa.Column("integration", sa.Text, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("booking", sa.Text, nullable=False),
        sa.Column("lock", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.DateTime, nullable=False),
        sa.Column("opened_at", sa.DateTime),
    )
    op.create_index("openings_lock", "openings", ["lock", "booking"])
    op.create_index("openings_pair", "openings", ["integration", "booking"])
    op.create_index("openings_opened", "openings", ["integration", "opened_at"])
