"""Outages: an integration whose vendor does not answer, or refuses its account.

A row stands from the first failure until a call succeeds, and all workers read it. It belongs to
the settings that it happened to: with other settings the integration works on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from ..errors import AuthError
from .alerts import Alert, Cause, close_alerts, open_alert
from .database import Database
from .tables import integrations, outages

_ANY_TIME = datetime(9000, 1, 1, tzinfo=UTC)
_REFUSED = AuthError.__name__

_ours = and_(
    outages.c.integration == bindparam("of_integration"),
    outages.c.settings == bindparam("of_settings"),
)
_read = select(outages).where(_ours)
_new = insert(outages).excluded
_stays = and_(outages.c.kind == _REFUSED, _new.kind != _REFUSED)  # only an answer says otherwise
_put = (
    insert(outages)
    .on_conflict_do_update(
        index_elements=["integration", "settings"],
        set_={
            "kind": case((_stays, outages.c.kind), else_=_new.kind),
            "failures": outages.c.failures + 1,
            "probe_at": case(
                (and_(_stays, outages.c.probe_at > _new.probe_at), outages.c.probe_at),
                else_=_new.probe_at,
            ),
            "probed_until": None,
        },
    )
    .returning(*outages.c)
)
_claim = (
    update(outages)
    .where(
        _ours,
        outages.c.probe_at <= bindparam("time", type_=outages.c.probe_at.type),
        or_(
            outages.c.probed_until.is_(None),
            outages.c.probed_until <= bindparam("now", type_=outages.c.probe_at.type),
        ),
    )
    .values(probed_until=bindparam("until", type_=outages.c.probed_until.type))
)
_give_back = update(outages).where(_ours).values(probed_until=None)
_drop = (
    delete(outages)
    .where(outages.c.integration == bindparam("of_integration"))
    .returning(*outages.c)
)
_settings = select(integrations.c.settings).where(integrations.c.id == bindparam("of_integration"))
_keep_settings = insert(integrations).on_conflict_do_update(
    index_elements=["id"], set_={"settings": insert(integrations).excluded.settings}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What is known of an integration that fails."""

    kind: str
    """`AuthError` where the account is refused, else `UnavailableError`."""
    failures: int
    """In a row, over all workers."""
    since: datetime
    probe_at: datetime
    """From when one call may try again."""
    probed_until: datetime | None
    """Until when somebody's try counts as under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outages:
    """The outages of one ledger."""

    database: Database
    clock: Callable[[], datetime]

    def read(self, integration: str, settings: str) -> Outage | None:
        """Return the outage of an integration with these settings; None where all is well."""
        names = {"of_integration": integration, "of_settings": settings}
        with self.database.reading() as connection:
            row = connection.execute(_read, names).mappings().first()
        return None if row is None else _outage(row)

    def failed(
        self,
        integration: str,
        settings: str,
        *,
        kind: str,
        pause_s: float,
        alert: Alert | None = None,
        enough: int = 1,
    ) -> Outage:
        """Write one failure more down, and when it may be tried again.

        Args:
            integration: Whose.
            settings: The digest of its settings.
            kind: `AuthError` where the account is refused, else `UnavailableError`.
            pause_s: Until it may be tried again.
            alert: If any, opened in the same step, so that none is left open behind an outage.
            enough: How many failures in a row make it worth an alert.
        """
        with self.database.writing() as connection:
            now = self.clock()
            row = {
                "integration": integration,
                "settings": settings,
                "kind": kind,
                "failures": 1,
                "since": now,
                "probe_at": now + timedelta(seconds=pause_s),
            }
            outage = _outage(connection.execute(_put, row).mappings().one())
            if alert is not None and outage.failures >= enough:
                open_alert(connection, alert, now)
        return outage

    def claim_probe(
        self, integration: str, settings: str, lasts_s: float, *, early: bool = False
    ) -> bool:
        """Claim the next try; False while it is not time, unless early, or another has it."""
        with self.database.writing() as connection:
            now = self.clock()
            names = {
                "of_integration": integration,
                "of_settings": settings,
                "time": _ANY_TIME if early else now,
                "now": now,
                "until": now + timedelta(seconds=lasts_s),
            }
            return connection.execute(_claim, names).rowcount == 1

    def give_back(self, integration: str, settings: str) -> None:
        """Give a claimed try back, of which nothing was learnt."""
        names = {"of_integration": integration, "of_settings": settings}
        with self.database.writing() as connection:
            connection.execute(_give_back, names)

    def over(self, integration: str) -> tuple[Outage, ...]:
        """Forget every outage of an integration, whatever its settings were; return them.

        Their alerts are closed.
        """
        with self.database.writing() as connection:
            dropped = connection.execute(_drop, {"of_integration": integration}).mappings().all()
            causes = (Cause.ACCOUNT, Cause.VENDOR_DOWN)
            close_alerts(connection, self.clock(), causes=causes, integration=integration)
        return tuple(_outage(row) for row in dropped)

    def take_settings(self, integration: str, settings: str) -> bool:
        """Remember what an integration is worked with; tell whether it was something else."""
        names = {"of_integration": integration}
        with self.database.reading() as connection:
            known = connection.execute(_settings, names).scalar_one_or_none()
        if known == settings:
            return False
        with self.database.writing() as connection:
            connection.execute(_keep_settings, {"id": integration, "settings": settings})
        return known is not None


def _outage(row: RowMapping) -> Outage:
    parts = ("kind", "failures", "since", "probe_at", "probed_until")
    return Outage(**{name: row[name] for name in parts})
