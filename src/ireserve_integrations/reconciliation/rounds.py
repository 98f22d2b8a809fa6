"""Rounds: every so often in a worker, or at once for a person who asks."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from ..assembly import Assembly, Workshop
from ..breaker import Standing
from ..errors import IntegrationError
from ..ledger import Alert, Cause, Note
from ..roster import Member
from .comparing import Comparison
from .finding import Difference, Finding, unconfigured_alerts
from .mark import Mark
from .mending import Mending, Orders

_EVERY = timedelta(hours=6)  # what slipped past a search opens doors no longer than that
_AFTER_FAILURE_S = 900.0  # a round can wait; bookings try whether the vendor is back
_PAUSE_S = 0.2  # between vendor calls, so that a round leaves the vendor's limits to bookings


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Compares the ledger with what vendors say, under one configuration."""

    assembly: Assembly
    workshop: Workshop

    # --- for a person ---------------------------------------------------------------------------

    def run(
        self,
        integration: str | None = None,
        *,
        fix: bool = False,
        regrant: bool = False,
        revoke: str | None = None,
        stop: threading.Event | None = None,
        progress: Callable[[str], None] = _say_nothing,
        pause_s: float = _PAUSE_S,
    ) -> list[Finding]:
        """Make a whole round now.

        Args:
            integration: Of this one; by default of all, and of those that are configured no more.
            fix: Whether to end what lives under our label for a known booking and is not wanted,
                also what the ledger never asked for.
            regrant: Whether to give again what was ended behind our back.
            revoke: The reference of one access to end, of a booking that the ledger does not know.
            stop: Set, it ends the round before its next vendor call; what is found stays found.
            progress: Called with sentences for people.
            pause_s: Between two vendor calls.

        Returns:
            Every difference, in the order of the integrations.

        Raises:
            ValueError: There is no such integration, or no such access to revoke.
            LedgerError: The ledger cannot be used.
        """
        stop = stop or threading.Event()
        names = list(self.assembly.roster) if integration is None else [integration]
        members = [self.assembly.roster[name] for name in names]
        orders = Orders(fix=fix, regrant=regrant, revoke=revoke, by_a_person=True)
        found: list[Finding] = []
        for member in members:
            found += self._round(member, orders, stop, progress, pause_s)
        if integration is None and not stop.is_set():
            found += self._left_behind()
        if revoke is not None and not stop.is_set():
            _require_found(revoke, found)
        return found

    def _round(
        self,
        member: Member,
        orders: Orders,
        stop: threading.Event,
        progress: Callable[[str], None],
        pause_s: float,
    ) -> list[Finding]:
        name = member.integration.id
        mark, comparison = Mark(started_at=self.workshop.means.clock()), self._of(member, orders)
        try:
            self._require_usable(member)
            if not comparison.possible:
                progress(f"integration {name}: its vendor keeps nothing that could be compared")
                return []
            self._begin(name)
            while not (mark.done or stop.is_set()):
                mark = comparison.advance(mark)
                stop.wait(pause_s)
        except IntegrationError as error:
            progress(f"integration {name}: {error} ({error.kind})")
            self._announce(mark)
            return [*mark.found, _not_compared(name, error)]
        self._announce(mark)
        if mark.done:
            self._settle(member, mark)
        return list(mark.found)

    def _require_usable(self, member: Member) -> None:
        """Refuse what a call could harm.

        Raises:
            IntegrationError: Its settings cannot be used, or its account is refused.
        """
        if member.fault is not None:
            raise member.fault
        if self.workshop.breaker.standing(member) is Standing.PARKED:
            self.workshop.breaker.admit(member)

    # --- for a worker ---------------------------------------------------------------------------

    def due(self, integration: str) -> bool:
        """Tell whether an integration's round is to be begun, or to be gone on with."""
        member = self.assembly.roster[integration]
        if member.fault is not None or not self._of(member, Orders()).possible:
            return False
        if self.workshop.breaker.standing(member) is not Standing.FINE:
            return False
        so_far = self.workshop.ledger.reconciliations.progress(integration)
        if so_far is None:
            return True
        if so_far.leased_until is not None and so_far.leased_until > self.workshop.means.clock():
            return False
        if so_far.started_at is not None or so_far.finished_at is None:
            return True
        return so_far.finished_at + _EVERY <= self.workshop.means.clock()

    def step(self, integration: str) -> bool:
        """Go on with an integration's round by about one vendor call; True while there is more.

        Where it, or another process, stopped; a pause before the next step is the caller's.

        Raises:
            LedgerError: The ledger cannot be used; the round goes on later.
        """
        if not self.due(integration):
            return False
        means, rounds = self.workshop.means, self.workshop.ledger.reconciliations
        lasts_s = 4 * means.call_deadline_s + means.lease_s  # a look, and a pair worked off
        round_ = rounds.claim(integration, lasts_s=lasts_s, stale_s=_EVERY.total_seconds())
        if round_ is None:
            return False
        mark = Mark.restore(round_)
        try:
            mark = self._advance(self.assembly.roster[integration], mark)
        except IntegrationError:
            rounds.keep(mark.store(round_), pause_s=_AFTER_FAILURE_S)
            return False
        if mark.done:
            rounds.finish(round_)
            return False
        return rounds.keep(mark.store(round_))

    def _advance(self, member: Member, mark: Mark) -> Mark:
        if not mark.begun:
            self._begin(member.integration.id)
        mark = self._of(member, Orders()).advance(mark)
        self._announce(mark)
        if mark.done:
            self._settle(member, mark)
            self._left_behind()
        return mark

    # --- both -----------------------------------------------------------------------------------

    def _of(self, member: Member, orders: Orders) -> Comparison:
        mending = Mending(
            member=member,
            workshop=self.workshop,
            vendors=self.assembly.roster.vendors,
            orders=orders,
        )
        return Comparison(member=member, workshop=self.workshop, mending=mending)

    def _begin(self, integration: str) -> None:
        """Do what needs no vendor: close what is over, have looked up what can be."""
        self.workshop.ledger.holdings.close_over()
        self.workshop.ledger.holdings.settle_asking(integration)

    def _announce(self, mark: Mark) -> None:
        """Open the alerts of what is found so far; the round's end may be far."""
        known = {(one.cause, one.about) for one in self.workshop.ledger.alerts.list()}
        for one in mark.found:
            if one.alert is not None and (one.alert.cause, one.alert.about) not in known:
                self._tell(one, one.alert)

    def _tell(self, found: Finding, alert: Alert) -> None:
        detail = {"finding": str(found.finding), "reference": found.reference}
        note = Note(
            what="found", integration=found.integration, booking=found.booking, detail=detail
        )
        self.workshop.ledger.note(note)
        self.workshop.ledger.alerts.open(alert)

    def _settle(self, member: Member, mark: Mark) -> None:
        """Have exactly those alerts open that a whole round found reason for."""
        name, ledger = member.integration.id, self.workshop.ledger
        wanted = [one.alert for one in mark.found if one.alert is not None]
        unread = {one.reference for one in mark.found if one.finding is Difference.NOT_COMPARED}
        wanted += [
            one
            for one in ledger.alerts.list()
            if one.integration == name and one.about in unread and one.about
        ]
        causes = [Cause.GONE, Cause.UNWANTED, Cause.UNKNOWN] if mark.whole else [Cause.GONE]
        for cause in causes:
            ledger.alerts.settle(cause, _because_of(cause, wanted), integration=name)

    def _left_behind(self) -> list[Finding]:
        """Return what integrations hold that are configured no more; one alert for each."""
        ledger = self.workshop.ledger
        keys = ledger.holdings.left_behind(self.assembly.roster.vendors)
        ledger.alerts.settle(Cause.UNCONFIGURED, unconfigured_alerts(keys))
        return [
            Finding(
                integration=key.integration, booking=key.booking, finding=Difference.UNCONFIGURED
            )
            for key in keys
        ]


def _because_of(cause: Cause, alerts: Collection[Alert]) -> list[Alert]:
    return [one for one in alerts if one.cause == cause]


def _not_compared(integration: str, error: IntegrationError) -> Finding:
    return Finding(
        integration=integration,
        booking=None,
        finding=Difference.NOT_COMPARED,
        message=str(error),
    )


def _require_found(reference: str, found: Collection[Finding]) -> None:
    """Refuse a reference that the round has not found.

    Raises:
        ValueError: It was none of the accesses that `--revoke` is for.
    """
    unknown = {one.reference for one in found if one.finding is Difference.UNKNOWN}
    if reference not in unknown:
        raise ValueError(
            f"{reference!r} is not among what lives under our label for a booking that the ledger "
            "does not know; only that is ended so, and nothing was ended"
        )
