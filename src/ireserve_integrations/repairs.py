"""What a person may do where something went wrong."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from .assembly import Assembly, Workshop
from .convergence import Instruction
from .errors import IntegrationError, UnavailableError
from .ledger import Note, PairKey, PairState, State
from .ledger.holdings import Held
from .model import Change, Outcome, Receipt
from .roster import Member

_DEADLINE_S = 60.0  # of one booking that a person waits for
_RETRY = Instruction()
_REAPPLY = Instruction(reapply=True)


class Prospect(NamedTuple):
    """What becomes of a booking's access."""

    booking: str
    what: str
    """`replaced`: the visitor is told again; `unchanged`; else as an outcome says it."""
    message: str = ""
    """Why, where it fails."""


def _say_nothing(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """Repairs, under one configuration."""

    assembly: Assembly
    workshop: Workshop

    # --- one booking ----------------------------------------------------------------------------

    def retry(
        self,
        integration: str,
        booking: str,
        *,
        ask_again: bool = False,
        found: str | None = None,
        deadline_s: float = _DEADLINE_S,
    ) -> Outcome:
        """Work a booking off now, whatever it failed at.

        Args:
            integration: Its id.
            booking: Its id.
            ask_again: Whether a person has looked, and nothing came of the request whose reply was
                lost.
            found: The reference of what came of it, as a person found it; it is adopted.
            deadline_s: For all of it.

        Raises:
            ValueError: There is no such integration or booking, or no such request.
            LedgerError: The ledger cannot be used.
        """
        key = self._pair(integration, booking)
        if ask_again or found is not None:
            self._require_lost_request(key, ask_again=ask_again, found=found)
        self._note("retry", key, ask_again=ask_again or None, found=found)
        self.workshop.ledger.holdings.hurry(key)
        instruction = Instruction(ask_again=ask_again, found=found)
        return self._work(key, instruction, time.monotonic() + deadline_s)

    def forget_customer(self, booking: str) -> None:
        """Erase who a booking's customer is, now.

        What then still owes access to them fails visibly: there is nobody to tell.

        Raises:
            ValueError: The ledger knows no such booking.
        """
        if not self.workshop.ledger.erasure.forget(booking):
            raise _unknown(booking)

    # --- what reached an inactive integration ---------------------------------------------------

    def skipped(self, integration: str) -> list[str]:
        """Return the bookings that reached an integration while it was inactive, oldest first.

        Raises:
            ValueError: There is no such integration.
        """
        one = self.assembly.roster[integration].integration
        return self.workshop.ledger.holdings.skipped(one.id, one.vendor)

    def retry_skipped(
        self, integration: str, *, progress: Callable[[Outcome], None] = _say_nothing
    ) -> list[Outcome]:
        """Work off what an integration skipped, each booking in its latest state.

        All of it is owed before the first is worked off, so that workers join in, and go on.

        Raises:
            ValueError: There is no such integration, or it is inactive still.
        """
        one = self._active(integration, "skips still").integration
        keys = [
            PairKey(integration=one.id, vendor=one.vendor, booking=booking)
            for booking in self.skipped(integration)
        ]
        for key in keys:
            self._note("retry", key, skipped=True)
        self.workshop.ledger.holdings.hurry_skipped(one.id, one.vendor)
        return self._work_all(keys, _RETRY, progress)

    # --- today's settings -----------------------------------------------------------------------

    def reapply(
        self,
        integration: str,
        *,
        dry_run: bool = False,
        announce: Callable[[Sequence[Prospect]], None] = _say_nothing,
    ) -> list[Prospect]:
        """Bring an integration's live grants to today's settings.

        Args:
            integration: Its id.
            dry_run: Whether only to say what would become of them; nothing is written.
            announce: Called with that before anything is done.

        Returns:
            For each booking that has a live grant, the oldest first, what has or would become of
            it.

        Raises:
            ValueError: There is no such integration, or it is inactive.
        """
        member = self._active(integration, "grants nothing")
        if member.fault is not None:
            raise member.fault
        keys = [held.key for held in self._live(member)]
        foreseen = [prospect for key in keys if (prospect := self._foresee(member, key))]
        announce(foreseen)
        if dry_run:
            return foreseen
        for key in keys:
            self._note("reapply", key)
        return [_told(one) for one in self._work_all(keys, _REAPPLY, _say_nothing)]

    def _live(self, member: Member) -> Iterable[Held]:
        one, after = member.integration, 0
        while some := self.workshop.ledger.holdings.live(one.id, one.vendor, after=after):
            yield from some
            after = some[-1].stored.id

    def _foresee(self, member: Member, key: PairKey) -> Prospect | None:
        """Ask the plugin what it would do, with no write allowed; None where nothing lives now."""
        ledger, means = self.workshop.ledger, self.workshop.means
        state = ledger.holdings.look(ledger.desk, key, field=member.reference_field)
        if state is None or not state.in_state(State.CURRENT):
            return None
        wrote = UnavailableError("nothing is written beforehand")
        context = means.calls.lend(
            member.integration,
            deadline_s=means.call_deadline_s,
            writes=0,
            no_write_reason=wrote,
        )
        try:
            receipt: Receipt = means.calls.call(
                member.integration, "on_status_change", context, change=self._change(key, state)
            )
        except IntegrationError as error:
            if error is wrote:
                return Prospect(key.booking, "replaced")
            return Prospect(key.booking, "failed", str(error))
        revokes = receipt.outcome == "revoke"
        return Prospect(key.booking, "revoked" if revokes else receipt.outcome)

    def _change(self, key: PairKey, state: PairState) -> Change:
        """Return the change that working the pair off would bring the plugin."""
        means, current = self.workshop.means, state.in_state(State.CURRENT)[0]
        return Change(
            booking=state.booking,
            label=means.new_label(key.booking),
            statuses=state.statuses,
            standing=state.standing,
            grant=current.grant,
            ended=state.booking.end <= means.clock(),
            known_references=state.known_references,
            reapply=True,
        )

    # --- all of them ----------------------------------------------------------------------------

    def _work_all(
        self,
        keys: Sequence[PairKey],
        instruction: Instruction,
        progress: Callable[[Outcome], None],
    ) -> list[Outcome]:
        """Work pairs off side by side, and return their outcomes in the same order."""
        threads = self.assembly.settings.threads
        turns = math.ceil(len(keys) / threads)
        ends = time.monotonic() + self.workshop.means.call_deadline_s * turns

        def worked(key: PairKey) -> Outcome:
            outcome = self._work(key, instruction, ends)
            progress(outcome)
            return outcome

        with ThreadPoolExecutor(threads, "repairs") as pool:
            return list(pool.map(worked, keys))

    def _work(self, key: PairKey, instruction: Instruction, ends: float) -> Outcome:
        return self.workshop.backlog.walk(key, ends, instruction=instruction).outcome

    # --- what may be repaired -------------------------------------------------------------------

    def _pair(self, integration: str, booking: str) -> PairKey:
        """Return a pair that the ledger knows.

        Raises:
            ValueError: There is none.
        """
        one, holdings = self.assembly.roster[integration].integration, self.workshop.ledger.holdings
        key = PairKey(integration=one.id, vendor=one.vendor, booking=booking)
        if not holdings.known_bookings([booking]):
            raise _unknown(booking)
        if not holdings.knows_pair(key):
            raise ValueError(
                f"no change of booking {booking!r} has reached integration {integration}: send its "
                "latest change again"
            )
        return key

    def _require_lost_request(self, key: PairKey, *, ask_again: bool, found: str | None) -> None:
        """Refuse an answer to a question that is not open.

        Raises:
            ValueError: No reply is lost, it is too early to look, or what is said to be found
                cannot be it.
        """
        if ask_again and found is not None:
            raise ValueError("either it was found, or it is to be asked for again")
        ledger, where = self.workshop.ledger, f"integration {key.integration}"
        state = ledger.holdings.look(ledger.desk, key, field=None)
        asked = state.in_state(State.ASKING) if state is not None else ()
        if state is None or not asked:
            raise ValueError(f"{where}: no reply is lost of booking {key.booking!r}")
        search_at, means = asked[0].search_at, self.workshop.means
        if search_at is not None and means.clock() < search_at:
            when = means.calls.shown(search_at, state.booking)
            raise ValueError(
                f"{where}: the request of booking {key.booking!r} may still arrive; look for it, "
                f"and say what came of it, from {when}"
            )
        if found is not None:
            self._require_free(key, found)

    def _require_free(self, key: PairKey, found: str) -> None:
        """Refuse to adopt what is the ledger's already: ending one would end both."""
        if not found.strip():
            raise ValueError("what was found has a reference; an empty one is none")
        known = self.workshop.ledger.holdings.referred(key.vendor, [found])
        if known:
            raise ValueError(
                f"{found!r} is known already, as access of booking {known[-1].key.booking!r} "
                f"({known[-1].stored.state}): it cannot be what came of a lost request"
            )

    def _active(self, integration: str, why: str) -> Member:
        member = self.assembly.roster[integration]
        if not member.integration.active:
            raise ValueError(f"integration {integration} is inactive: it {why}; activate it first")
        return member

    def _note(self, what: str, key: PairKey, **detail: object) -> None:
        said = {name: value for name, value in detail.items() if value is not None}
        note = Note(
            what=what,
            integration=key.integration,
            booking=key.booking,
            detail={"by": "a person", **said},
        )
        self.workshop.ledger.note(note)


def _unknown(booking: str) -> ValueError:
    return ValueError(f"the ledger knows no booking {booking!r}")


def _told(outcome: Outcome) -> Prospect:
    message = outcome.error.message if outcome.error is not None else ""
    return Prospect(outcome.booking, outcome.outcome, message)
