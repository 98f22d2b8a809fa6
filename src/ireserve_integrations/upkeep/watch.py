"""Watch: access that is wanted, and not there an hour before its window begins."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..assembly import Assembly, Workshop
from ..kit.mapping import map_objects
from ..kit.settings import load_tab, statuses_of
from ..ledger import Alert, Cause
from ..ledger.overview import Place, Waiting
from ..roster import Member
from ..wire import show_time

_SOON = timedelta(hours=1)  # before a window begins, when somebody can still do something
_PATIENCE = timedelta(minutes=1)  # in which what is due may well be under way
_PAGE = 300  # pairs that are looked at in one sweep
_BEGINNING = Place(due_at=datetime(2000, 1, 1, tzinfo=UTC), booking="")
_REVOKING = "revoke_statuses"  # what vendors call the setting; no other status ends access
_OF_A_PAIR = (Cause.FAILED, Cause.LOST_REPLY, Cause.NOT_THERE)

_Key = tuple[str, str]  # integration, booking


class Watch:
    """Keeps the alerts of missing access.

    Pairs that owe something are walked over, a page a sweep; those that an alert is open of are
    looked at besides.
    """

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._turn = 0

    def settle(self, assembly: Assembly, workshop: Workshop) -> None:
        """Open what is missing, and close what is not any more."""
        alerts = workshop.ledger.alerts.list()
        reported = {(o.integration, o.booking): o for o in alerts if o.cause == Cause.NOT_THERE}
        keys = sorted({(o.integration, o.booking) for o in alerts if o.cause in _OF_A_PAIR})
        looked_at = self._some([key for key in keys if key[1]])
        missing: dict[_Key, Alert] = {}
        for name, member in assembly.roster.items():
            bookings = [booking for integration, booking in looked_at if integration == name]
            eye = _Eye(member=member, workshop=workshop)
            missing |= self._look(name, eye, bookings)
        for key, alert in missing.items():
            if key not in reported or reported[key].message != alert.message:
                workshop.ledger.alerts.open(alert)
        for integration, booking in (reported.keys() & {*looked_at}) - missing.keys():
            workshop.ledger.alerts.close(Cause.NOT_THERE, integration=integration, booking=booking)

    def _look(self, name: str, eye: "_Eye", bookings: list[str]) -> dict[_Key, Alert]:
        if not eye.grants:
            return {}
        overview, statuses = eye.workshop.ledger.overview, eye.statuses
        found, place = overview.owing(name, statuses, self._places.get(name, _BEGINNING), _PAGE)
        self._places[name] = place or _BEGINNING
        if bookings:
            found += overview.chosen(name, statuses, bookings)
        return {(one.integration, one.booking): eye.tell(one) for one in eye.missing(found)}

    def _some(self, keys: list[_Key]) -> list[_Key]:
        """Return the next page of what is known already, all of it in turns."""
        if self._turn >= len(keys):
            self._turn = 0
        page = keys[self._turn : self._turn + _PAGE]
        self._turn += _PAGE
        return page


@dataclass(frozen=True, slots=True, kw_only=True)
class _Eye:
    """Tells for one integration whether a pair should have its access by now."""

    member: Member
    workshop: Workshop

    @property
    def grants(self) -> bool:
        """Whether the integration makes something at the vendor at all."""
        return self.workshop.means.asks(self.member.integration)

    @property
    def statuses(self) -> frozenset[str]:
        """Every status that its settings name."""
        return frozenset().union(*self._named.values())

    def missing(self, found: Iterable[Waiting]) -> Iterator[Waiting]:
        """Yield those whose window begins soon, and for which access is wanted, as far as known."""
        now, one = self.workshop.means.clock(), self.member.integration
        revoking = self._named.get(_REVOKING, ())
        for waiting in found:
            long_due = waiting.due_at is not None and waiting.due_at <= now - _PATIENCE
            wanted = waiting.decisive is not None and waiting.decisive not in revoking
            if (
                wanted
                and (waiting.failed_as is not None or long_due)
                and self._window_begins(waiting) <= now + _SOON
                and map_objects(waiting.objects, one.mapping).targets
            ):
                yield waiting

    def tell(self, waiting: Waiting) -> Alert:
        """Return the alert of one."""
        zone = self.workshop.means.calls.time_zone or waiting.start.tzinfo
        begins = show_time(self._window_begins(waiting).astimezone(zone), None)
        name, booking = waiting.integration, waiting.booking
        why = "it has not been worked off yet"
        if waiting.failed_as is not None:
            why = f"the last attempt ended with {waiting.failed_as}"
        return Alert(
            cause=Cause.NOT_THERE,
            message=(
                f"booking {booking} has no access yet, from {begins} on it should: {why}. "
                f"`audit --booking {booking}` shows why; mend that and say "
                f"`retry {name} {booking}`, or give access by hand."
            ),
            integration=name,
            booking=booking,
        )

    def _window_begins(self, waiting: Waiting) -> datetime:
        before = self._details.get("time_before_minutes", 0)
        typed = isinstance(before, int) and not isinstance(before, bool)
        return waiting.start - timedelta(minutes=before if typed else 0)

    @property
    def _details(self) -> Mapping[str, Any]:
        """What is valid in the tab Details, defaults too."""
        info = self.member.info
        if info is None:
            return {}
        return load_tab(info.details, self.member.integration.details, "details")[0]

    @property
    def _named(self) -> dict[str, tuple[str, ...]]:
        info = self.member.info
        return {} if info is None else statuses_of(info.details, self.member.integration.details)
