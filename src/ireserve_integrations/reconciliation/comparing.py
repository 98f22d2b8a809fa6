"""Comparing: one integration's grants with what its vendor says, one vendor call at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..assembly import Workshop
from ..errors import (
    AuthError,
    IntegrationError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from ..kit.label import Label
from ..ledger import State
from ..ledger.holdings import Held
from ..model import Access, AccessPage, Grant, Window
from ..roster import Member
from .finding import Difference, Finding
from .mark import Mark
from .mending import ALIVE, Mending, same

_SILENT = (UnavailableError, OutcomeUnknownError, AuthError)
"""What says nothing of one grant, but that the vendor is not to be asked now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Compares one integration."""

    member: Member
    workshop: Workshop
    mending: Mending

    @property
    def possible(self) -> bool:
        """Whether the vendor keeps anything that can be looked at."""
        return any(map(self._offers, ("list_access", "read_access", "find_access")))

    def advance(self, mark: Mark) -> Mark:
        """Make one step: at most one page or grant, or one access that is doubted.

        Raises:
            UnavailableError: The vendor is not to be asked now; likewise `OutcomeUnknownError` and
                `AuthError`.
            IntegrationError: The vendor's list cannot be read.
        """
        if mark.doubted:
            return self._judge(mark)
        if not mark.listed:
            return self._list(mark)
        return self._look_at_next(mark)

    # --- the vendor's list ----------------------------------------------------------------------

    def _list(self, mark: Mark) -> Mark:
        if not self._offers("list_access"):
            return replace(mark, listed=True)
        try:
            page: AccessPage = self._ask("list_access", page=mark.page)
        except RejectedError:
            if mark.page is not None:
                raise
            return replace(mark, listed=True)  # the vendor has no list after all
        living = [access for access in page.accesses if self._lives(access)]
        known = self._known(living)
        current = {
            one.stored.id
            for access in living
            for one in known.get(access.reference, ())
            if one.stored.state is State.CURRENT
            and one.key.integration == self.member.integration.id
        }
        findings, doubted = self._sort(living, known)
        at = replace(
            mark,
            page=page.next_page,
            listed=page.next_page is None,
            whole=True,
            seen=mark.seen | current,
            doubted=tuple(doubted),
        )
        return at.with_found(*findings)

    def _sort(
        self, living: Iterable[Access], known: dict[str, list[Held]]
    ) -> tuple[list[Finding], list[Access]]:
        """Return what is of no booking that the ledger knows, and what nothing seems to want."""
        ours = [
            (access, label)
            for access in living
            if not any(one.stored.state in ALIVE for one in known.get(access.reference, ()))
            and (label := self._our_label(access)) is not None
        ]
        holdings = self.workshop.ledger.holdings
        bookings = holdings.known_bookings({label.booking for _, label in ours})
        asking = {
            one.stored.label
            for one in holdings.under({label for _, label in ours})
            if one.stored.state is State.ASKING  # settled when it is its turn
        }
        unknown = [
            self._of_no_booking(access, label)
            for access, label in ours
            if label.booking not in bookings
        ]
        doubted = [
            access
            for access, label in ours
            if label.booking in bookings and access.label not in asking
        ]
        return unknown, doubted

    def _of_no_booking(self, access: Access, label: Label) -> Finding:
        found = self._finding(Difference.UNKNOWN, label.booking, access.reference)
        if self.mending.orders.revoke == access.reference:
            return self.mending.end_directly(access, found)
        return found

    # --- what is doubted ------------------------------------------------------------------------

    def _judge(self, mark: Mark) -> Mark:
        """Look once more at what nothing seems to want, and end it where that is ours to do."""
        access, *others = mark.doubted
        after = replace(mark, doubted=tuple(others))
        if not self._lives_still(access):
            return after
        label = self._our_label(access)
        known = self._known([access]).get(access.reference, [])
        if label is None or any(one.stored.state in ALIVE for one in known):
            return after
        asked = self.workshop.ledger.holdings.under({label})
        if any(one.stored.state is State.ASKING for one in asked):
            return after
        found = self._finding(Difference.UNWANTED, label.booking, access.reference)
        if asked or self.mending.orders.fix:
            found = self.mending.end(access, label, asked, found)
        return after.with_found(found)

    def _lives_still(self, access: Access) -> bool:
        """Tell whether it lives now; the list may be older than what the ledger has since done."""
        if not self._offers("read_access"):
            return True
        window = access.window or Window(start=self._now, end=self._now)
        grant = Grant(
            reference=access.reference, window=window, place=access.place, label=access.label
        )
        try:
            read: Access = self._ask("read_access", grant=grant)
        except _SILENT:
            raise
        except IntegrationError:
            return True  # the list has it
        return read.live

    # --- what the list did not show -------------------------------------------------------------

    def _look_at_next(self, mark: Mark) -> Mark:
        for held in self._unseen(mark):
            after = replace(mark, after=held.stored.id)
            if held.stored.state is State.NOT_MADE:
                return self._search(after, held)
            return self._read(after, held)
        return replace(mark, done=True)

    def _unseen(self, mark: Mark) -> Iterator[Held]:
        one, after = self.member.integration, mark.after
        states = self._states(mark)
        while states:
            some = self.workshop.ledger.holdings.live(
                one.id, one.vendor, states=states, after=after, before=mark.started_at
            )
            if not some:
                return
            yield from (held for held in some if held.stored.id not in mark.seen)
            after = some[-1].stored.id

    def _states(self, mark: Mark) -> list[State]:
        """Return the states of what is to be looked at by itself.

        Labels that were searched in vain are searched once more where no list shows them.
        """
        states = [State.CURRENT] if mark.whole or self._offers("read_access") else []
        searched = self._offers("find_access") and not mark.whole
        return [*states, State.NOT_MADE] if searched else states

    def _search(self, mark: Mark, held: Held) -> Mark:
        try:
            found: Sequence[Access] = self._ask("find_access", label=held.stored.label)
        except _SILENT:
            raise
        except IntegrationError:
            return mark  # it cannot be searched: a person has been asked already
        late = [one for one in found if one.label == held.stored.label and self._lives(one)]
        return replace(mark, doubted=tuple(late))

    def _read(self, mark: Mark, held: Held) -> Mark:
        grant, booking = held.stored.grant, held.key.booking
        if grant is None:
            return mark
        try:
            if self._offers("read_access") and self._ask("read_access", grant=grant).live:
                return mark
        except _SILENT:
            raise
        except IntegrationError as error:
            unread = self._finding(Difference.NOT_COMPARED, booking, grant.reference)
            return mark.with_found(replace(unread, message=str(error)))
        again = self._known_reference(grant.reference)
        if not any(one.stored == held.stored for one in again):
            return mark  # somebody has ended it meanwhile, and it was us
        found = self._finding(Difference.GONE, booking, grant.reference)
        if self.mending.orders.regrant:
            found = self._give_again(held, found)
        return mark.with_found(found)

    def _give_again(self, held: Held, found: Finding) -> Finding:
        if not self.member.integration.active:
            return replace(found, message="the integration is inactive: it grants nothing")
        return self.mending.give_again(held, found)

    # --- asking ---------------------------------------------------------------------------------

    def _ask(self, hook: str, **arguments: Any) -> Any:
        means, one = self.workshop.means, self.member.integration
        context = means.calls.lend(one, deadline_s=means.call_deadline_s, writes=0)
        return means.calls.call(one, hook, context, **arguments)

    def _offers(self, hook: str) -> bool:
        plugins = self.workshop.means.calls.plugins
        return plugins.offers(self.member.integration.vendor, hook)

    @property
    def _now(self) -> datetime:
        return self.workshop.means.clock()

    def _lives(self, access: Access) -> bool:
        """Tell whether it opens doors, or will; what is over ends by itself."""
        return access.live and (access.window is None or access.window.end > self._now)

    def _our_label(self, access: Access) -> Label | None:
        label = Label.parse(access.label)
        ours = label is not None and label.installation == self.workshop.ledger.installation
        return label if ours else None

    def _known(self, accesses: Iterable[Access]) -> dict[str, list[Held]]:
        """Return the ledger's grants that are these, by their references."""
        by_reference = {access.reference: access for access in accesses}
        known: dict[str, list[Held]] = {}
        for held in self._known_reference(*by_reference):
            reference = held.reference or ""
            if same(held, by_reference[reference]):
                known.setdefault(reference, []).append(held)
        return known

    def _known_reference(self, *references: str) -> list[Held]:
        vendor = self.member.integration.vendor
        return self.workshop.ledger.holdings.referred(vendor, references)

    def _finding(self, difference: Difference, booking: str, reference: str) -> Finding:
        return Finding(
            integration=self.member.integration.id,
            booking=booking,
            finding=difference,
            reference=reference,
        )
