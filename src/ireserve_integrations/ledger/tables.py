"""The ledger's tables. Personal data and secrets stand in `Encrypted` columns only."""

from datetime import UTC, datetime

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
)

_Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER only


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC without an offset on every database."""

    impl = DateTime
    cache_ok = True

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
    Column("due_at", Moment, comment="None: nothing is owed, or a person must act"),
    Column("failures", Integer, nullable=False, default=0, comment="in a row"),
    Column("failed_as", Text, comment="kind of the last failure"),
    Column("lease", _Number, nullable=False, default=0, comment="rises with every holder"),
    Column("leased_until", Moment),
    Index("pairs_booking", "booking"),
    Index("pairs_due", "due_at"),
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
