"""A pair being worked off: what is known of it, and what has become of it so far."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..errors import IntegrationError, OutcomeUnknownError, PluginError, UnavailableError
from ..kit.context import Context
from ..ledger import Lease, Owed, State, StoredGrant
from ..model import Grant, Integration, OutcomeName, Receipt
from .means import Means
from .tell import UnsearchableError


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
    ) -> None:
        """Begin with what the lease brought."""
        state = lease.state
        self.means, self.integration, self.lease = means, integration, lease
        self.booking = state.booking
        self.field = field
        """The booking field that holds references, if the integration has one."""
        self.ends = ends
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
        self.warnings = [
            f"a change to status {status} came after a newer one, and was ignored"
            for status in state.ignored
        ]

    def lend(self, *, writes: int) -> Context:
        """Return a context for one hook call."""
        deadline_s = self.means.call_s(self.ends)
        return self.means.calls.lend(self.integration, deadline_s=deadline_s, writes=writes)

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
        return self.means.calls.call(
            self.integration, hook, context, every=self._renewal, **arguments
        )

    def offers(self, hook: str) -> bool:
        """Tell whether the vendor has a use for a hook."""
        return self.means.calls.plugins.offers(self.integration.vendor, hook)

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

    def owed(self) -> Owed:
        """Return what is still owed: what the error makes of it, and ending what is to end."""
        if self.error is None:
            return Owed(due_at=self.now if self.to_end else None)
        due_at = self._due_at(self.error)
        if due_at is None and self.to_end:  # tried until it is over, whatever a person does
            due_at = self._later()
        return Owed(due_at=due_at, failed_as=self.error.kind)

    def _due_at(self, error: IntegrationError) -> datetime | None:
        """Return when this is to be tried again; None where a person must act."""
        match error:
            case UnsearchableError():
                return None
            case UnavailableError(retry_after_s=float() as pause_s):
                return self.now + timedelta(seconds=pause_s)
            case _ if self.unsettled is not None and self.unsettled.search_at is not None:
                return max(self.unsettled.search_at, self._later())
            case UnavailableError() | OutcomeUnknownError():
                return self._later()
            case _:
                return None

    def _later(self) -> datetime:
        return self.means.clock() + timedelta(seconds=self.means.retry_first_s)

    @property
    def _renewal(self) -> tuple[float, Callable[[], None]]:
        return self.means.lease_s / 3, self.lease.renew
