"""The breaker: spares a vendor that is down, and an account that is refused.

What is known of an integration's vendor stands in the ledger, so that all workers share it. The
first failure leaves an integration one call at a time; after a few in a row it is *down*, and one
booking at a time, with growing pauses, tries whether it is back. A refused account *parks* it at
once; then only a token is asked for, every ten minutes. Openings neither ask nor move it.
"""

from dataclasses import dataclass, field
from enum import Enum

from .calls import Calls
from .convergence import Means, Walk, sentence
from .errors import AuthError, IntegrationError, OutcomeUnknownError, UnavailableError
from .ledger import Alert, Cause, Ledger, Note
from .ledger.outages import Outage
from .roster import Member

_ENOUGH = 3  # failures in a row, of whatever bookings, after which a vendor counts as down
_LONGEST_PAUSE_S = 60.0  # one call a minute is no burden, and a visitor may wait for it
_SIGN_IN_PAUSE_S = 600.0  # a wrong password, tried often, locks an account
_WAITING = (UnavailableError.__name__, OutcomeUnknownError.__name__, AuthError.__name__)


class Standing(Enum):
    """How an integration's vendor stands."""

    FINE = "fine"
    SUSPECT = "suspect"
    """The last call failed: one at a time."""
    DOWN = "down"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Admits calls for one host."""

    ledger: Ledger
    means: Means
    calls: Calls
    _digests: dict[int, tuple[Member, str]] = field(default_factory=dict)

    def standing(self, member: Member) -> Standing:
        """Return how the integration's vendor stands, as all workers know it."""
        return _standing(self._outage(member))

    def admit(self, member: Member, *, early: bool = False) -> Standing:
        """Let one pair's calls through.

        Args:
            member: Whose.
            early: Whether this may be the one that tries a vendor that is down before it is time;
                for who has been asked to try now.

        Returns:
            How the vendor stood.

        Raises:
            UnavailableError: The vendor is down, and it is not time to try, or somebody else does.
            AuthError: The account is refused.
        """
        outage = self._outage(member)
        standing = _standing(outage)
        match standing:
            case Standing.PARKED if not self.sign_in(member):
                raise AuthError(_parked(member))
            case Standing.DOWN if not self.claim_probe(member, early=early):
                since = outage.since.isoformat(timespec="seconds") if outage else "now"
                raise UnavailableError(
                    f"the vendor of {member.integration.id} has not answered since {since}; "
                    "one booking at a time tries whether it is back"
                )
        return standing

    def claim_probe(self, member: Member, *, early: bool = False) -> bool:
        """Claim the one try at a vendor that is down; False if it is not time, or another's."""
        lasts_s = self.means.call_deadline_s + self.means.lease_s
        return self.ledger.outages.claim_probe(
            member.integration.id, self._settings(member), lasts_s, early=early
        )

    def sign_in(self, member: Member) -> bool:
        """Ask for a token, if it is time; tell whether the account is accepted again."""
        one = member.integration
        if not self.calls.plugins.offers(one.vendor, "sign_in") or not self.claim_probe(member):
            return False
        context = self.calls.lend(one, deadline_s=self.means.call_deadline_s, writes=1)
        try:
            self.calls.call(one, "sign_in", context)
        except IntegrationError as error:
            self._park(member, error)
            return False
        self.resume(member, "the account is accepted again")
        return True

    def hear(self, member: Member, walk: Walk) -> None:
        """Take in what a pair's calls told of the vendor."""
        match walk.silence:
            case None:
                self._hear_no_failure(member, asked=walk.asked_vendor)
            case AuthError() as error:
                self._park(member, error)
            case error:
                self._note_failure(member, error)

    def _hear_no_failure(self, member: Member, *, asked: bool) -> None:
        outage = self._outage(member)
        if outage is None:
            return
        if asked:
            self._go_on(member, "the vendor answers again")
        elif outage.probed_until is not None:  # its try told nothing: the next one may try
            self.ledger.outages.give_back(member.integration.id, self._settings(member))

    def take_settings(self, member: Member) -> None:
        """Notice that an integration is worked with other settings than before.

        What failed because of a name is tried with them; an outage belonged to the old ones.
        """
        one = member.integration
        if self.ledger.outages.take_settings(one.id, self._settings(member)):
            self.resume(member, "the settings have changed", kinds=(*_WAITING, "ConfigError"))

    def resume(self, member: Member, why: str, *, kinds: tuple[str, ...] = _WAITING) -> None:
        """Let an integration go on, with everything that waited."""
        self.ledger.outages.over(member.integration.id)
        self._hurry(member, why, kinds)

    def _go_on(self, member: Member, why: str) -> None:
        """Let an integration go on; what failed before it was down keeps its own pauses."""
        over = self.ledger.outages.over(member.integration.id)
        if any(_standing(one) is not Standing.SUSPECT for one in over):
            self._hurry(member, why, _WAITING)

    def _hurry(self, member: Member, why: str, kinds: tuple[str, ...]) -> None:
        name = member.integration.id
        self.ledger.due.hurry(name, kinds)
        self.ledger.note(Note(what="resumed", integration=name, detail={"why": why}))

    def _park(self, member: Member, error: IntegrationError) -> None:
        name = member.integration.id
        message = (
            f"{sentence(error)} Nothing is asked of it until then; a token is asked for every ten "
            f"minutes. `resume {name}` tries at once."
        )
        self.ledger.outages.failed(
            name,
            self._settings(member),
            kind=AuthError.__name__,
            pause_s=_SIGN_IN_PAUSE_S,
            alert=Alert(cause=Cause.ACCOUNT, message=message, integration=name),
        )
        self.ledger.note(Note(what="parked", integration=name, detail={"kind": error.kind}))

    def _note_failure(self, member: Member, error: IntegrationError) -> None:
        name, known = member.integration.id, self._outage(member)
        failures = known.failures if known is not None else 0
        asked_s = error.retry_after_s if isinstance(error, UnavailableError) else None
        pause_s = max(asked_s or 0.0, self.means.pause_s(failures))
        message = (
            f"the vendor does not answer: {error}. Bookings wait, and go on by themselves when it "
            "is back; look at the vendor's status page, and give access by hand meanwhile."
        )
        outage = self.ledger.outages.failed(
            name,
            self._settings(member),
            kind=UnavailableError.__name__,
            pause_s=min(pause_s, _LONGEST_PAUSE_S, self.means.retry_longest_s),
            alert=Alert(cause=Cause.VENDOR_DOWN, message=message, integration=name),
            enough=_ENOUGH,
        )
        if outage.failures == _ENOUGH:
            self.ledger.note(Note(what="down", integration=name, detail={"kind": error.kind}))

    def _outage(self, member: Member) -> Outage | None:
        return self.ledger.outages.read(member.integration.id, self._settings(member))

    def _settings(self, member: Member) -> str:
        """Return the digest of a member's settings, made once for each."""
        known = self._digests.get(id(member))
        if known is None or known[0] is not member:
            known = (member, self.ledger.digests.of_settings(member.integration))
            self._digests[id(member)] = known
        return known[1]


def _standing(outage: Outage | None) -> Standing:
    if outage is None:
        return Standing.FINE
    if outage.kind == AuthError.__name__:
        return Standing.PARKED
    return Standing.DOWN if outage.failures >= _ENOUGH else Standing.SUSPECT


def _parked(member: Member) -> str:
    return f"integration {member.integration.id} is parked: its vendor refuses the account"
