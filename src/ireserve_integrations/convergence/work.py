"""A pair being worked off: what is known of it, and what has become of it so far."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ..errors import (
    AuthError,
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    PluginError,
    UnavailableError,
)
from ..kit.context import Context
from ..ledger import Lease, PairKey, State, StoredGrant
from ..model import Access, Grant, Integration, OutcomeName, Receipt
from .means import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """How a pair is to be worked off, where that is not the usual way."""

    wait: bool = True
    """Whether to wait for another worker who has it."""
    only_due: bool = False
    """Whether to leave it if it is not due any more: another worker was first."""
    ask_again: bool = False
    """Whether a person says that nothing came of a lost request."""
    found: str | None = None
    """The reference of what a person says came of it."""
    reapply: bool = False
    """Whether a live grant is to be brought to today's settings."""


class Work:
    """Handed from step to step; each leaves it true."""

    def __init__(
        self,
        *,
        means: Means,
        integration: Integration,
        lease: Lease,
        field: str | None,
        ends: float,
        instruction: Instruction,
    ) -> None:
        """Begin with what the lease brought."""
        state = lease.state
        self.means, self.integration, self.lease = means, integration, lease
        self.booking = state.booking
        self.field = field
        """The booking field that holds references, if the integration has one."""
        self.ends = ends
        self.instruction = instruction
        self.now = means.clock()
        self.current = next(iter(state.in_state(State.CURRENT)), None)
        self.beside = list(state.in_state(State.BESIDE))
        self.to_end = list(state.in_state(State.REVOKING))
        if self.current is None:  # what it was beside is over
            self.to_end += self.beside
            self.beside = []
        self.unsettled = next(iter(state.in_state(State.ASKING)), None)
        """The grant under whose label the vendor may have made something."""
        self.recovered = False
        """Whether a lost reply was made good by finding the label."""
        self.error: IntegrationError | None = None
        self.outcome: OutcomeName = "skipped"
        self.receipt = Receipt(outcome="skipped")
        self.fields: dict[str, str] = {}
        self.silence: IntegrationError | None = None
        """Why the vendor did not serve the last call that reached out for it."""
        self.asked_vendor = False
        """Whether any call did."""
        self.warnings = [
            f"a change to status {status} came after a newer one, and was ignored"
            for status in state.ignored
        ]

    def lend(self, *, writes: int, no_write_reason: IntegrationError | None = None) -> Context:
        """Return a context for one hook call."""
        deadline_s = self.means.call_s(self.ends)
        return self.means.calls.lend(
            self.integration,
            deadline_s=deadline_s,
            writes=writes,
            no_write_reason=no_write_reason,
        )

    def lend_asking(self, inactive: IntegrationError) -> Context:
        """Return a context for asking: over early enough for when the label is searched."""
        means, asked = self.means, self.lease.asked
        deadline_s = means.call_s(self.ends)
        if asked is not None and asked.search_at is not None:
            until = asked.search_at - timedelta(seconds=means.late_request_s)
            deadline_s = min(deadline_s, max(0.0, (until - means.clock()).total_seconds()))
        return means.calls.lend(
            self.integration,
            deadline_s=deadline_s,
            writes=1 if self.integration.active else 0,
            no_write_reason=inactive,
        )

    def call(self, hook: str, context: Context, **arguments: object) -> Any:
        """Call a hook, renewing the lease meanwhile.

        Raises:
            IntegrationError: As the hook raised it.
            LeaseLostError: Another worker has taken the pair over.
        """
        about = arguments.get("grant"), arguments.get("label")
        match about:
            case Grant(reference=reference), _:
                self.lease.note("asked", hook=hook, reference=reference)
            case _, label:
                self.lease.note("asked", hook=hook, label=label)
        try:
            answer = self.means.calls.call(
                self.integration, hook, context, every=self._renewal, **arguments
            )
        except IntegrationError as error:
            self._hear(context, error)
            self.lease.note("answer", hook=hook, error=error.kind, message=str(error))
            raise
        self._hear(context, None)
        self.lease.note("answer", hook=hook, **_in_short(answer))
        return answer

    def _hear(self, context: Context, error: IntegrationError | None) -> None:
        """Notice whether the vendor serves; a call that never reached out for it tells nothing."""
        if context.http.sent:
            self.asked_vendor = True
            served = not isinstance(error, UnavailableError | OutcomeUnknownError | AuthError)
            self.silence = None if served else error

    def offers(self, hook: str) -> bool:
        """Tell whether the vendor has a use for a hook."""
        return self.means.calls.plugins.offers(self.integration.vendor, hook)

    @property
    def key(self) -> PairKey:
        """The pair."""
        return self.lease.key

    def live(self) -> list[StoredGrant]:
        """Return what a new grant replaces, or a revocation ends."""
        return [*([self.current] if self.current else []), *self.beside]

    def exceeds(self) -> bool:
        """Tell whether the current grant gives more than the newest booking allows."""
        return self.current is not None and self.current.said.exceeds(self.booking)

    def check(self, grant: Grant) -> None:
        """Refuse a grant that could not be ended.

        Raises:
            PluginError: It has no reference.
        """
        if not grant.reference and self.offers("revoke_access"):
            raise PluginError("the plugin brought a grant without a reference")

    def ours(self, grant: Grant) -> Grant:
        """Return a grant with the booking field that holds its reference."""
        return replace(grant, field=self.field)

    def withdraw(self, former: list[StoredGrant]) -> None:
        """Note that these are to end, and that nothing lives besides."""
        self.to_end += former
        self.current, self.beside, self.outcome = None, [], "revoked"

    @property
    def _renewal(self) -> tuple[float, Callable[[], None]]:
        return self.means.lease_s / 3, self._renew

    def _renew(self) -> None:
        """Hold the pair for another lease; a ledger that fails now keeps nobody from working on.

        Every commit checks the lease again.
        """
        with suppress(LedgerError):
            self.lease.renew()


def _in_short(answer: object) -> dict[str, Any]:
    """Return what the audit says of an answer: outcomes and references, never a field's value."""
    match answer:
        case Receipt(outcome=outcome, standing=standing, grant=grant, warnings=warnings):
            reference = grant.reference if grant else None
            told = list(warnings) or None
            return {
                "outcome": outcome,
                "standing": standing,
                "reference": reference,
                "warnings": told,
            }
        case tuple():
            found = [one.reference for one in answer if isinstance(one, Access)]
            return {"found": found}
        case Access(reference=reference, live=live):
            return {"reference": reference, "live": live}
        case _:
            return {"done": bool(answer)}
