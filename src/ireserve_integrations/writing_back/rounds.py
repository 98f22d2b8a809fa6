"""What the booking core is to be told, delivered: several bookings at once, while it answers."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..config import BookingCoreSettings
from ..convergence import Means
from ..errors import AuthError, IntegrationError, UnavailableError
from ..ledger import Alert, Cause, Ledger, Note
from ..ledger.outages import Outage
from ..model import Integration
from .delivery import Deliveries, Told

if TYPE_CHECKING:
    from ..host import IntegrationHost

_SIDE_BY_SIDE = 4  # bookings: one that is slow must not stop the others
_PAGE = 100  # bookings that are looked up at once
_CORE = ""  # stands for the booking core where the ledger keeps outages by integration
_ABOUT_CORE = "the booking core"
_ENOUGH = 3  # failures in a row, after which a person should know
_LONGEST_PAUSE_S = 60.0  # one call a minute is no burden
_REFUSED_PAUSE_S = 600.0  # of a token; with another one in the settings it is tried at once


class WritingBack:
    """Writes back for one host."""

    def __init__(self, host: "IntegrationHost") -> None:
        """Take whose."""
        self._host = host
        self._stopped = threading.Event()
        self._known: str | None = ""
        """Digest of the settings of the core that was last written to."""

    def stop(self) -> None:
        """Let what is under way end, and begin no other booking."""
        self._stopped.set()

    def deliver(self) -> datetime | None:
        """Deliver everything that is due.

        Any number of threads and processes may do so at once; they share the bookings.

        Returns:
            When there is something to do again; None where nothing is wanted, or nobody writes
            back.

        Raises:
            LedgerError: The ledger cannot be used; what is due stays due.
        """
        workshop, settings = self._host.assembly.workshop, None
        if workshop is None:
            return None
        if workshop.core is not None:
            typed = self._host.assembly.configuration.booking_core
            settings = _digest(workshop.ledger, typed)
        self._take_settings(workshop.ledger, settings)
        if workshop.core is None or settings is None:
            return None
        return _Round(
            deliveries=Deliveries(core=workshop.core, means=workshop.means),
            gate=_Gate(means=workshop.means, settings=settings),
            ledger=workshop.ledger,
            stopped=self._stopped,
        ).go()

    def _take_settings(self, ledger: Ledger, settings: str | None) -> None:
        """Close the alert of a core that is another one now; it is opened again if it is not."""
        if settings != self._known:
            if settings is None or ledger.outages.read(_CORE, settings) is None:
                _close_core_alert(ledger)
            self._known = settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    """Lets one booking at a time through to a core that does not serve, as all workers know it."""

    means: Means
    settings: str
    """Digest of those of the core: with others, it is another core."""

    @property
    def _ledger(self) -> Ledger:
        return self.means.ledger

    def outage(self) -> Outage | None:
        return self._ledger.outages.read(_CORE, self.settings)

    def claim(self, lasts_s: float) -> bool:
        """Claim the next try; False if it is not time, or somebody else's."""
        return self._ledger.outages.claim_probe(_CORE, self.settings, lasts_s)

    def give_back(self) -> None:
        self._ledger.outages.give_back(_CORE, self.settings)

    def open(self) -> None:
        """Let everything through: the core serves again."""
        self._ledger.outages.over(_CORE)
        _close_core_alert(self._ledger)
        self._ledger.note(Note(what="resumed", detail={"why": "the booking core serves again"}))

    def close(self, error: IntegrationError) -> None:
        """Let nothing through for a pause, and tell a person if it lasts."""
        known = self.outage()
        refused = isinstance(error, AuthError)
        outage = self._ledger.outages.failed(
            _CORE,
            self.settings,
            kind=error.kind,
            pause_s=_REFUSED_PAUSE_S if refused else self._pause_s(error, known),
        )
        if refused or outage.failures >= _ENOUGH:
            self._ledger.alerts.open(_core_alert(error))
            detail = {"why": error.kind, "message": str(error)}
            self._ledger.note(Note(what="not written", detail=detail))

    def _pause_s(self, error: IntegrationError, known: Outage | None) -> float:
        asked_s = error.retry_after_s if isinstance(error, UnavailableError) else None
        pause_s = min(self.means.pause_s(known.failures if known else 0), _LONGEST_PAUSE_S)
        return min(max(asked_s or 0.0, pause_s), self.means.retry_longest_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One walk over all that is due."""

    deliveries: Deliveries
    gate: _Gate
    ledger: Ledger
    stopped: threading.Event

    def go(self) -> datetime | None:
        """Walk; return when to walk again."""
        tried: set[str] = set()
        while not self.stopped.is_set():
            outage = self.gate.outage()
            if outage is None:
                bookings = [one for one in self.ledger.write_backs.due(_PAGE) if one not in tried]
                tried.update(bookings)
                if not bookings:
                    break
                self._deliver(bookings)
            elif not self._try_one():
                return self._wait(outage)
        return self._next_at()

    def _try_one(self) -> bool:
        """Try a core that does not serve with one booking; tell whether to go on."""
        if not self.gate.claim(self.deliveries.lasts_s):
            return False
        due = self.ledger.write_backs.due(1)
        if not due:
            self.gate.give_back()
            return False
        told = self.deliveries.deliver(due[0])
        if told.silence is not None:
            self.gate.close(told.silence)
        elif told.asked:
            self.gate.open()
        else:
            self.gate.give_back()
        return told.silence is None

    def _deliver(self, bookings: Sequence[str]) -> None:
        """Deliver side by side, and no more once the core does not serve."""
        silent = threading.Event()

        def delivered(booking: str) -> None:
            if silent.is_set() or self.stopped.is_set():
                return
            told: Told = self.deliveries.deliver(booking)
            if told.silence is not None and not silent.is_set():
                silent.set()
                self.gate.close(told.silence)

        threads = min(_SIDE_BY_SIDE, len(bookings))
        with ThreadPoolExecutor(threads, "writing-back") as pool:
            list(pool.map(delivered, bookings))

    def _wait(self, outage: Outage) -> datetime | None:
        """Give up what has come too late meanwhile; return when the core is tried again."""
        for booking in self.ledger.write_backs.late(_PAGE):
            self.deliveries.give_up_late(booking)
        known = self.gate.outage() or outage
        found = self.ledger.write_backs.next_at()
        return None if found is None else max(found, known.probe_at, known.probed_until or found)

    def _next_at(self) -> datetime | None:
        """Return when the next is due; what could not be done though it was due waits a bit."""
        found, means = self.ledger.write_backs.next_at(), self.deliveries.means
        if found is None or found > means.clock():
            return found
        return means.clock() + timedelta(seconds=means.pause_s(0))


def _digest(ledger: Ledger, typed: BookingCoreSettings | None) -> str:
    """Return the digest of what the core is reached with."""
    core = typed or BookingCoreSettings()
    reached = {"base_url": core.base_url, "token": core.token}
    return ledger.digests.of_settings(Integration(id=_CORE, vendor=core.kind or "", auth=reached))


def _close_core_alert(ledger: Ledger) -> None:
    ledger.alerts.close(Cause.NOT_WRITTEN, integration=_CORE, booking="", about=_ABOUT_CORE)


def _core_alert(error: IntegrationError) -> Alert:
    if isinstance(error, AuthError):
        message = (
            f"the booking core refuses our account: {error}. Put a valid token into [booking_core] "
            "of the configuration; until then nothing is written, and it is tried every ten "
            "minutes. What waits is written by itself."
        )
    else:
        message = (
            f"the booking core does not take what is to be written: {error}. Look whether it runs, "
            "and at base_url in [booking_core]; what waits is written by itself when it answers."
        )
    return Alert(cause=Cause.NOT_WRITTEN, message=message, about=_ABOUT_CORE)
