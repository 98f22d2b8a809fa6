"""Openings: a lock is opened now, if the booking allows it; never twice by one press.

The plugin decides and opens, one lock a call. What must hold whatever a plugin does (a claim before
a write leaves, the first opening alone tells the booking core) is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .calls import Calls
from .errors import IntegrationError, RejectedError
from .kit.context import Context
from .kit.mapping import map_objects
from .ledger import Claim, Earlier, Ledger, PairKey
from .model import ActionRequest, ActionResult, Booking, Integration, Outcome, OutcomeError

OPEN = "open"
_ADVICE = {
    "UnavailableError": "Nothing was opened. Try again.",
    "OutcomeUnknownError": "The door may have opened: look, before you press again.",
}


class ClaimedError(RejectedError):
    """Somebody else has opened this lock for this booking just now."""

    def __init__(self, earlier: Earlier) -> None:
        """Take the earlier opening."""
        super().__init__("this lock was opened for this booking just now")
        self.earlier = earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorman:
    """Opens locks for one host's bookings."""

    calls: Calls
    ledger: Ledger
    call_deadline_s: float

    def open_lock(
        self, integration: Integration, said: Booking, known: Booking | None, lock: str | None
    ) -> list[Outcome]:
        """Open the named lock, or each mapped one in turn.

        Args:
            integration: As configured now.
            said: The booking in the caller's words.
            known: The same in the ledger's, if it knows it.
            lock: Its id.
        """
        locks: Iterable[str | None] = (lock,)
        if lock is None:
            locks = map_objects(said.objects, integration.mapping).targets or (None,)
        press = _Press(
            doorman=self,
            integration=integration,
            request=ActionRequest(name=OPEN, booking=said, known=known),
        )
        return list(_told_once([press.open(one) for one in locks]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Press:
    """One press of the button, which may mean several locks."""

    doorman: Doorman
    integration: Integration
    request: ActionRequest

    @property
    def booking(self) -> Booking:
        """The caller's."""
        assert self.request.booking is not None  # noqa: S101  # given above
        return self.request.booking

    @property
    def key(self) -> PairKey:
        """The pair that the opening belongs to."""
        one = self.integration
        return PairKey(integration=one.id, vendor=one.vendor, booking=self.booking.id)

    def open(self, lock: str | None) -> Outcome:
        """Open one lock; None where no lock is mapped, which the plugin refuses in its words."""
        inactive = RejectedError(f"integration {self.integration.id} is inactive: it opens nothing")
        claims: list[Claim] = []
        context = self.doorman.calls.lend(
            self.integration,
            deadline_s=self.doorman.call_deadline_s,
            writes=1 if self.integration.active else 0,
            no_write_reason=inactive,
            before_write=lambda: self._claim(lock or "", claims),
        )
        request = replace(self.request, parameters={} if lock is None else {"lock": lock})
        try:
            result: ActionResult = self.doorman.calls.call(
                self.integration, "perform_action", context, request=request
            )
        except ClaimedError as error:
            return self._earlier(lock, error.earlier, context)
        except IntegrationError as error:
            self._settle(claims, opened=False, unknown=context.http.write_may_have_landed)
            return self._failed(lock, error, refused=error is inactive)
        first = self._settle(claims, opened=result.ok, unknown=False)
        return self._answered(lock, result, first=first)

    def _claim(self, lock: str, claims: list[Claim]) -> None:
        """Claim the lock before the first write of this press leaves."""
        if claims:
            return
        claimed = self.doorman.ledger.openings.claim(self.key, lock)
        if isinstance(claimed, Earlier):
            raise ClaimedError(claimed)
        claims.append(claimed)

    def _settle(self, claims: list[Claim], *, opened: bool, unknown: bool) -> bool:
        """Write down what became of the claim; tell whether this was the pair's first opening."""
        first = False
        for claim in claims:
            if opened:
                first = self.doorman.ledger.openings.opened(claim)
            elif not unknown:
                self.doorman.ledger.openings.drop(claim)
        return first

    def _answered(self, lock: str | None, result: ActionResult, *, first: bool) -> Outcome:
        if not result.ok:
            refused = RejectedError(result.message)
            return replace(self._failed(lock, refused, refused=True), warnings=result.warnings)
        return replace(
            self._outcome(lock),
            fields=result.fields if first else {},
            status=result.status if first else None,
            warnings=result.warnings if first else (),
        )

    def _earlier(self, lock: str | None, earlier: Earlier, context: Context) -> Outcome:
        moment = earlier.opened_at or earlier.claimed_at
        when = context.shown(moment, self.booking)
        said = f"it opened at {when}" if earlier.opened_at else f"it was asked to open at {when}"
        return replace(self._outcome(lock), outcome="unchanged", warnings=(said,))

    def _failed(self, lock: str | None, error: IntegrationError, *, refused: bool) -> Outcome:
        advice = "" if refused else _ADVICE.get(error.kind, error.advice)
        message = f"{str(error).rstrip('.')}. {advice}".rstrip()
        return replace(
            self._outcome(lock),
            outcome="refused" if refused else "failed",
            error=OutcomeError(kind=error.kind, message=message),
        )

    def _outcome(self, lock: str | None) -> Outcome:
        key = self.key
        return Outcome(
            integration=key.integration,
            vendor=key.vendor,
            booking=key.booking,
            outcome="opened",
            lock=lock,
        )


def _told_once(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """Leave what the booking core is to write in the first entry that opened."""
    told = False
    for outcome in outcomes:
        yield replace(outcome, fields={}, status=None) if told else outcome
        told = told or outcome.outcome == "opened"
