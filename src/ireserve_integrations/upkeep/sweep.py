"""Upkeep: what nobody asks for and somebody must see to, every sweep of a worker."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..assembly import Assembly, Workshop
from ..errors import LedgerError
from ..ledger import Alert, Cause
from ..reconciliation import unconfigured_alerts
from ..roster import Member
from .rounds import Rounds
from .watch import Watch

if TYPE_CHECKING:
    from ..host import IntegrationHost

_log = logging.getLogger(__name__)

_SELDOM = timedelta(minutes=10)  # between two looks at all that lives
_HOURLY = timedelta(hours=1)


class Upkeep:
    """The upkeep of one host's ledger."""

    def __init__(self, host: "IntegrationHost", *, pace_s: float = 1.0) -> None:
        """Take whose, and the pause between two steps of a reconciliation."""
        self._host = host
        self._settings = _SettingsAlerts()
        self._watch = Watch()
        self._rounds = Rounds(host, pace_s=pace_s)
        self._vendors: dict[str, str] | None = None
        self._look_at: datetime | None = None
        self._erase_at: datetime | None = None

    def sweep(self) -> None:
        """Do what is due, each part whatever becomes of the others; quick.

        Raises:
            LedgerError: It keeps some of it from being done; the next sweep tries again.
        """
        trouble: LedgerError | None = None
        parts: tuple[Callable[[Assembly, Workshop], None], ...] = (
            self._unfold,
            self._tell_faults,
            self._tell_unconfigured,
            self._tell_missing,
            self._close_moot,
            self._erase,
            self._reconcile,
        )
        for part in parts:
            assembly = self._host.assembly
            if assembly.workshop is None:
                return
            try:
                part(assembly, assembly.workshop)
            except LedgerError as error:
                trouble = trouble or error
            except Exception as error:  # noqa: BLE001  # one part must not keep the others
                _log.warning("upkeep: %s: %s", part.__name__.strip("_"), type(error).__name__)
        if trouble is not None:
            raise trouble

    def stop(self) -> None:
        """Let the step that is under way end, and begin no other one."""
        self._rounds.stop()

    @staticmethod
    def _unfold(_: Assembly, workshop: Workshop) -> None:
        """Let what follows see everything that was handed over."""
        workshop.ledger.unfold_all()

    def _tell_faults(self, assembly: Assembly, workshop: Workshop) -> None:
        self._settings.settle(assembly, workshop)

    def _tell_unconfigured(self, assembly: Assembly, workshop: Workshop) -> None:
        """Let an alert be open of every integration that holds access and is configured no more."""
        now, vendors = workshop.means.clock(), assembly.roster.vendors
        if vendors == self._vendors and self._look_at is not None and now < self._look_at:
            return
        left = workshop.ledger.holdings.left_behind(vendors)
        workshop.ledger.alerts.settle(Cause.UNCONFIGURED, unconfigured_alerts(left))
        self._vendors, self._look_at = vendors, now + _SELDOM

    def _tell_missing(self, assembly: Assembly, workshop: Workshop) -> None:
        self._watch.settle(assembly, workshop)

    @staticmethod
    def _close_moot(_: Assembly, workshop: Workshop) -> None:
        """Close the alert of a status that nobody would write any more."""
        for one in workshop.ledger.overview.moot():
            workshop.ledger.alerts.close(
                one.cause, integration=one.integration, booking=one.booking, about=one.about
            )

    def _erase(self, assembly: Assembly, workshop: Workshop) -> None:
        """Erase, hourly and at start, who the customers of bookings were that are long over."""
        now = workshop.means.clock()
        if self._erase_at is None or now >= self._erase_at:
            workshop.ledger.erasure.erase(assembly.settings.keep_customer_days)
            self._erase_at = now + _HOURLY

    def _reconcile(self, assembly: Assembly, workshop: Workshop) -> None:
        self._rounds.begin(assembly, workshop)


class _SettingsAlerts:
    """Alerts of settings that cannot be used, which concern the process that reads them.

    Another process may see them otherwise (a secret of its environment), so that each closes only
    what it has seen mended.
    """

    def __init__(self) -> None:
        self._said: dict[str, str | None] = {}

    def settle(self, assembly: Assembly, workshop: Workshop) -> None:
        """Open what is wrong, also if somebody closed it; close what has been mended."""
        alerts = workshop.ledger.alerts
        found = {one.integration: one for one in alerts.list() if one.cause == Cause.SETTINGS}
        gone = (self._said.keys() or found.keys()) - {*assembly.roster, ""}
        for name in gone:
            alerts.close(Cause.SETTINGS, integration=name)
        now = {name: _fault_of(member) for name, member in assembly.roster.items()}
        for name, message in now.items():
            if message is not None and (name not in found or found[name].message != message):
                alerts.open(Alert(cause=Cause.SETTINGS, message=message, integration=name))
            elif message is None and self._said.get(name, "at start") is not None and name in found:
                alerts.close(Cause.SETTINGS, integration=name)
        self._said = now


def _fault_of(member: Member) -> str | None:
    """Return what is wrong with an integration's settings and what to do; None for nothing."""
    if member.fault is None:
        return None
    said = str(member.fault).rstrip(".")
    return (
        f"{said}. Its bookings wait. Correct the settings; `validate` shows all that is wrong, and "
        "a running worker takes the file up by itself."
    )
