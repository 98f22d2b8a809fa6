"""The ledger's tables. Personal data and secrets stand in `Encrypted` columns only."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

_Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER only


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC without an offset on every database."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """Return what a driver is given; for SQLite the text that SQLAlchemy makes, sooner."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Turn an aware datetime into UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Make it aware again."""
        return None if value is None else value.replace(tzinfo=UTC)


def _as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class Encrypted(Text):
    """A vault token; the name says to readers of the schema what stands there."""


metadata = MetaData()

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, comment="four hexadecimal digits, part of every label"),
    Column("digest_key", Encrypted, nullable=False, comment="random; also shows a wrong key"),
    Column("made_at", Moment, nullable=False),
    Column("unfolded", _Number, nullable=False, default=0, comment="every event up to this number"),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", JSON, nullable=False, comment="newest: status, start, end, objects, fields"),
    Column("customer", Encrypted, comment="newest; None once erased"),
    Column("end_at", Moment, nullable=False),
    Column("sequence", BigInteger, comment="highest known"),
)

events = Table(
    "events",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("event_id", Text),
    Column("booking", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("sequence", BigInteger, comment="its own, else the highest known when it arrived"),
    Column("digest", Text, nullable=False, comment="of everything it said, under digest_key"),
    Column("arrived_at", Moment, nullable=False),
    Column(
        "waiting",
        JSON(none_as_null=True),
        comment="what is to be unfolded of it, see ledger.unfolding.Folded; then None",
    ),
    Column("customer", Encrypted, comment="the booking's, until it is unfolded"),
    UniqueConstraint("event_id", name="events_event_id"),
    Index("events_booking", "booking", "number"),
)

pairs = Table(
    "pairs",
    metadata,
    Column("integration", Text, primary_key=True),
    Column("booking", Text, primary_key=True),
    Column("vendor", Text, nullable=False),
    Column("standing", Text, comment="the newest status that decided something"),
    Column("standing_sequence", BigInteger),
    Column("applied", _Number, nullable=False, default=0, comment="number of the last event"),
    Column("newest", _Number, nullable=False, default=0, comment="number of its newest event"),
    Column("due_at", Moment, comment="None: nothing is owed, or a person must act"),
    Column("not_before", Moment, comment="until then a lost request may still arrive"),
    Column("failures", Integer, nullable=False, default=0, comment="in a row"),
    Column("failed_as", Text, comment="kind of the last failure"),
    Column("skipped_at", Moment, comment="when a change found the integration inactive"),
    Column("lease", _Number, nullable=False, default=0, comment="rises with every holder"),
    Column("leased_until", Moment),
    Index("pairs_booking", "booking"),
    Index("pairs_due", "integration", "due_at"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("integration", Text, nullable=False),
    Column("booking", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("state", Text, nullable=False, comment="see ledger.grants.State"),
    Column("label", Text, nullable=False, default=""),
    Column("reference", Text),
    Column("place", JSON, nullable=False, default=dict),
    Column("targets", JSON, nullable=False, default=list),
    Column("field", Text, comment="the booking field that holds the reference"),
    Column("starts_at", Moment),
    Column("ends_at", Moment),
    Column("said", Text, nullable=False, comment="digest of what the booking said"),
    Column("said_start", Moment, nullable=False),
    Column("said_end", Moment, nullable=False),
    Column("said_objects", JSON, nullable=False),
    Column("asked_at", Moment),
    Column("search_at", Moment, comment="when no late request can arrive any more"),
    Column("made_at", Moment),
    Column("ended_at", Moment),
    Index("grants_pair", "integration", "booking"),
    Index("grants_booking", "booking"),
    Index("grants_reference", "reference"),
    Index("grants_made", "integration", "made_at"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Encrypted, nullable=False),
)

openings = Table(
    "openings",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("integration", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("booking", Text, nullable=False),
    Column("lock", Text, nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("opened_at", Moment, comment="None while it is not known whether it opened"),
    Index("openings_lock", "lock", "booking"),
    Index("openings_pair", "integration", "booking"),
    Index("openings_opened", "integration", "opened_at"),
)

faults = Table(
    "faults",
    metadata,
    Column("integration", Text, primary_key=True),
    Column("about", Text, primary_key=True, comment="the name that is at fault, such as a door's"),
    Column("booking", Text, primary_key=True, comment="that failed because of it"),
    Index("faults_pair", "integration", "booking"),
)

outages = Table(
    "outages",
    metadata,
    Column("integration", Text, primary_key=True),
    Column("settings", Text, primary_key=True, comment="digest of those that it happened to"),
    Column("kind", Text, nullable=False, comment="AuthError parks; UnavailableError breaks"),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("since", Moment, nullable=False),
    Column("probe_at", Moment, nullable=False),
    Column("probed_until", Moment, comment="while somebody probes"),
)

integrations = Table(
    "integrations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("settings", Text, nullable=False, comment="digest of what was last worked with"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("integration", Text, nullable=False, comment="empty: of none"),
    Column("booking", Text, nullable=False, comment="empty: of no single one"),
    Column("cause", Text, nullable=False),
    Column("about", Text, nullable=False, comment="what sets it apart: a name, a reference"),
    Column("message", Text, nullable=False, comment="what happened, and what to do"),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index(
        "alerts_open",
        "integration",
        "booking",
        "cause",
        "about",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

audit = Table(
    "audit",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("integration", Text),
    Column("booking", Text),
    Column("what", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("audit_booking", "booking", "number"),
)

write_backs = Table(
    "write_backs",
    metadata,
    Column("booking", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="a booking field; empty for the status"),
    Column("value", Encrypted, nullable=False),
    Column("version", _Number, nullable=False, comment="random: another one for every wish"),
    Column("integration", Text, nullable=False, comment="that wants it"),
    Column("due_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("leased_until", Moment),
    Column("drop_at", Moment, comment="of a status: when it is too late for it"),
    Column("acted_on", Text, comment="of a status: the one that the core showed then"),
    Column("event", _Number, comment="of a status: the newest one then"),
    Index("write_backs_due", "due_at"),
)

seen = Table(
    "seen",
    metadata,
    Column("kind", Text, primary_key=True, comment="status, field, object"),
    Column("name", Text, primary_key=True),
    Column("parent", Text, primary_key=True, comment="of a sub-object; else empty"),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("integration", Text, primary_key=True),
    Column("page", Text, comment="where the vendor's list goes on; None at its beginning"),
    Column("after", _Number, comment="the last grant that was compared; None before the first"),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("leased_until", Moment),
)
