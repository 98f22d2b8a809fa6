"""Openings: a lock is opened now, if the booking allows it; never twice by one press.

The plugin decides and opens, one lock a call. What must hold whatever a plugin does (a claim before
a write leaves, the first opening alone tells the booking core) is here.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from .calls import Calls
from .convergence import sentence
from .errors import (
    AuthError,
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    PluginError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from .kit.context import Context
from .kit.mapping import map_objects
from .ledger import Alert, Claim, Earlier, Ledger, Note, PairKey
from .model import ActionRequest, ActionResult, Booking, Integration, Outcome, OutcomeError

OPEN = "open"
_MAY_HAVE_OPENED = "The door may have opened: look, before you press again."
_CLOSED = "Nothing was opened."
_ADVICE = {
    "UnavailableError": "Try again.",
    "ConfigError": "Correct the settings, then try again.",
    "AuthError": AuthError.advice,
    "PluginError": PluginError.advice,
    "ProtocolError": ProtocolError.advice,
}


class ClaimedError(RejectedError):
    """Somebody else has opened this lock for this booking just now."""


@dataclass(slots=True, kw_only=True)
class _Claiming:
    """What came of claiming one lock; kept here, since a plugin may swallow what it is told."""

    claim: Claim | None = None
    earlier: Earlier | None = None


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

    @property
    def _acted_on(self) -> str | None:
        """The status that allowed the opening: the core shows it until something happens."""
        known = self.request.known
        return self.booking.status if known is None else known.status

    def open(self, lock: str | None) -> Outcome:
        """Open one lock; None where no lock is mapped, which the plugin refuses in its words."""
        inactive = RejectedError(f"integration {self.integration.id} is inactive: it opens nothing")
        claiming = _Claiming()
        context = self.doorman.calls.lend(
            self.integration,
            deadline_s=self.doorman.call_deadline_s,
            writes=1 if self.integration.active else 0,
            no_write_reason=inactive,
            before_write=lambda: self._claim(lock or "", claiming),
        )
        try:
            result = self._ask(lock, context)
            if result.ok and not self.integration.active:
                raise inactive
        except (IntegrationError, LedgerError) as error:
            if claiming.earlier is not None:
                return self._earlier(lock, claiming.earlier, context)
            unknown = context.http.write_may_have_landed or isinstance(error, OutcomeUnknownError)
            self._give_back(claiming, unknown=unknown)
            self._note(lock, error)
            return self._failed(lock, error, refused=error is inactive, unknown=unknown)
        if claiming.earlier is not None:
            return self._earlier(lock, claiming.earlier, context)
        if not result.ok:
            return self._refused(lock, result, claiming, unknown=context.http.write_may_have_landed)
        return self._opened(lock, result, claiming)

    def _ask(self, lock: str | None, context: Context) -> ActionResult:
        request = replace(self.request, parameters={} if lock is None else {"lock": lock})
        answer: ActionResult = self.doorman.calls.call(
            self.integration, "perform_action", context, request=request
        )
        return answer

    def _claim(self, lock: str, claiming: _Claiming) -> None:
        """Claim the lock before the first write of this press leaves."""
        if claiming.claim is not None:
            return
        claimed = self.doorman.ledger.openings.claim(self.key, lock)
        if isinstance(claimed, Earlier):
            claiming.earlier = claimed
            raise ClaimedError("this lock was opened for this booking just now")
        claiming.claim = claimed

    def _note(self, lock: str | None, error: IntegrationError | LedgerError) -> None:
        """Write a failed opening down, and open the alert that it asks for."""
        if not isinstance(error, IntegrationError):
            return
        one, ledger = self.integration, self.doorman.ledger
        detail = {"lock": lock, "error": error.kind, "message": str(error)}
        with suppress(LedgerError):
            ledger.note(
                Note(
                    what="not opened",
                    integration=one.id,
                    booking=self.booking.id,
                    detail={name: value for name, value in detail.items() if value is not None},
                )
            )
            if error.alert is not None:
                ledger.alerts.open(
                    Alert(cause=error.alert, message=sentence(error), integration=one.id)
                )

    def _give_back(self, claiming: _Claiming, *, unknown: bool) -> None:
        """Drop the claim where the lock surely did not open."""
        if claiming.claim is not None and not unknown:
            with suppress(LedgerError):  # it only lasts ten seconds
                self.doorman.ledger.openings.drop(claiming.claim)

    def _opened(self, lock: str | None, result: ActionResult, claiming: _Claiming) -> Outcome:
        first = False
        try:
            if claiming.claim is not None:
                first = self.doorman.ledger.openings.opened(
                    claiming.claim, result.fields, result.status, self._acted_on
                )
            self.doorman.ledger.alerts.close_plugins_own(self.integration.id)
        except LedgerError as error:
            return replace(self._outcome(lock), warnings=(f"it opened, unrecorded: {error}",))
        return replace(
            self._outcome(lock),
            fields=result.fields if first else {},
            status=result.status if first else None,
            warnings=result.warnings if first else (),
        )

    def _refused(
        self, lock: str | None, result: ActionResult, claiming: _Claiming, *, unknown: bool
    ) -> Outcome:
        self._give_back(claiming, unknown=unknown)
        error = RejectedError(result.message)
        outcome = self._failed(lock, error, refused=not unknown, unknown=unknown)
        return replace(outcome, warnings=result.warnings)

    def _earlier(self, lock: str | None, earlier: Earlier, context: Context) -> Outcome:
        moment = earlier.opened_at or earlier.claimed_at
        when = context.shown(moment, self.booking)
        said = f"it opened at {when}" if earlier.opened_at else f"it was asked to open at {when}"
        return replace(self._outcome(lock), outcome="unchanged", warnings=(said,))

    def _failed(
        self,
        lock: str | None,
        error: IntegrationError | LedgerError,
        *,
        refused: bool,
        unknown: bool,
    ) -> Outcome:
        kind = error.kind if isinstance(error, IntegrationError) else LedgerError.__name__
        advice = "" if refused else _MAY_HAVE_OPENED if unknown else _advise(error, kind)
        message = f"{str(error).rstrip('.')}. {advice}".rstrip()
        return replace(
            self._outcome(lock),
            outcome="refused" if refused else "failed",
            error=OutcomeError(kind=kind, message=message),
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


def _advise(error: Exception, kind: str) -> str:
    """Say what to do where nothing was opened; an error that names its pause says so itself."""
    pauses = isinstance(error, UnavailableError) and error.retry_after_s is not None
    advice = "" if pauses else _ADVICE.get(kind, "")
    return f"{_CLOSED} {advice}".rstrip()
