"""Nothing is lost: outages, alerts, audit, write-backs, reconciliation, what pairs wait for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_open = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Add what 0001 has not; what it holds stays."""
    _complete_pairs()
    _create_outages()
    _create_alerts()
    _create_audit()
    _create_write_backs()
    _create_reconciliations()


def _complete_pairs() -> None:
    op.add_column("pairs", sa.Column("newest", _number, nullable=False, server_default="0"))
    op.add_column("pairs", sa.Column("not_before", sa.DateTime))
    op.add_column("pairs", sa.Column("skipped_at", sa.DateTime))
    op.execute(
        "UPDATE pairs SET newest = COALESCE("
        "(SELECT MAX(number) FROM events WHERE events.booking = pairs.booking), 0)"
    )
    op.drop_index("pairs_due", "pairs")
    op.create_index("pairs_due", "pairs", ["integration", "due_at"])
    op.create_table(
        "faults",
        sa.Column("integration", sa.Text, primary_key=True),
        sa.Column("about", sa.Text, primary_key=True),
        sa.Column("booking", sa.Text, primary_key=True),
    )
    op.create_index("faults_pair", "faults", ["integration", "booking"])


def _create_outages() -> None:
    op.create_table(
        "outages",
        sa.Column("integration", sa.Text, primary_key=True),
        sa.Column("settings", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("probe_at", sa.DateTime, nullable=False),
        sa.Column("probed_until", sa.DateTime),
    )
    op.create_table(
        "integrations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("settings", sa.Text, nullable=False),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", _number, primary_key=True, autoincrement=True),
        sa.Column("integration", sa.Text, nullable=False),
        sa.Column("booking", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("closed_at", sa.DateTime),
    )
    op.create_index(
        "alerts_open",
        "alerts",
        ["integration", "booking", "cause", "about"],
        unique=True,
        sqlite_where=_open,
        postgresql_where=_open,
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("integration", sa.Text),
        sa.Column("booking", sa.Text),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("audit_booking", "audit", ["booking", "number"])
    _forbid_changes("audit")


def _forbid_changes(table: str) -> None:
    """Make a table append-only: whoever wants to change it has to say so in a revision."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"EXECUTE FUNCTION {table}_is_append_only()"
    )


def _create_write_backs() -> None:
    op.create_table(
        "write_backs",
        sa.Column("booking", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("version", _number, nullable=False),
        sa.Column("integration", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("drop_at", sa.DateTime),
        sa.Column("acted_on", sa.Text),
        sa.Column("event", _number),
    )
    op.create_index("write_backs_due", "write_backs", ["due_at"])
    op.create_table(
        "seen",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text, primary_key=True),
    )


def _create_reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("integration", sa.Text, primary_key=True),
        sa.Column("page", sa.Text),
        sa.Column("after", _number),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("leased_until", sa.DateTime),
    )
