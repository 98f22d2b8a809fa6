"""Mending: what differs is written into the ledger as owed, then worked off like anything else."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..assembly import Workshop
from ..convergence import Instruction
from ..errors import IntegrationError
from ..kit.label import Label
from ..ledger import Lease, LeaseLostError, Note, PairKey, State
from ..ledger.holdings import Held
from ..model import Access, Grant, Window
from ..roster import Member
from .finding import Finding

_LOOK_S = 0.05  # how often a pair that another worker holds is looked at again
ALIVE = frozenset({State.CURRENT, State.BESIDE, State.REVOKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a person wants done about what is found; a worker has none."""

    fix: bool = False
    """Whether to end what nothing wants, also what the ledger never knew of."""
    regrant: bool = False
    """Whether to give again what is gone."""
    revoke: str | None = None
    """The reference of what is to be ended of a booking that is not known."""
    by_a_person: bool = False
    """Whether somebody waits for it: pairs that are at work are waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """Mends what one integration's comparison finds."""

    member: Member
    workshop: Workshop
    vendors: dict[str, str]
    """The vendor of every configured integration, by id."""
    orders: Orders

    def end(self, access: Access, label: Label, known: Sequence[Held], found: Finding) -> Finding:
        """End what nothing wants.

        Args:
            access: As the vendor has it.
            label: Its label.
            known: The ledger's grants under it, in whatever state.
            found: The finding, to be returned with what came of it.
        """
        key = self._owner(label, known)
        lease = self._take(key)
        if lease is None:
            if not self.workshop.ledger.holdings.knows_pair(key):
                return self.end_directly(access, found)
            return replace(found, message="another worker has this booking")
        if not self._owe_ending(lease, access, known):
            return replace(found, message="another worker has this booking")
        said = self._work_off(key)
        ended = not any(one.stored.state in ALIVE for one in self._same(access))
        return replace(found, fixed=ended, owed=not ended, message="" if ended else said)

    def end_directly(self, access: Access, found: Finding) -> Finding:
        """End access that belongs to no pair, because a person says so."""
        one, means = self.member.integration, self.workshop.means
        self._note(found, "revoke", label=access.label, by="a person")
        context = means.calls.lend(one, deadline_s=means.call_deadline_s, writes=1)
        now = means.clock()
        window = access.window or Window(start=now, end=now)
        try:
            ended = means.calls.call(
                one, "revoke_access", context, grant=_grant(access, window, None)
            )
        except IntegrationError as error:
            self._note(found, "answer", error=error.kind, message=str(error))
            return replace(found, message=str(error))
        self._note(found, "answer", done=ended)
        return replace(found, fixed=ended)

    def give_again(self, held: Held, found: Finding) -> Finding:
        """Close a grant that is gone, and have the plugin decide anew."""
        lease = self._take(held.key)
        if lease is None:
            return replace(found, message="another worker has this booking")
        try:
            current = {one.id for one in lease.state.in_state(State.CURRENT)}
            if held.stored.id not in current:
                return replace(found, fixed=True)
            self.workshop.ledger.holdings.hurry(held.key)
            lease.note("regrant", reference=held.reference, by="a person")
            lease.commit(moved={held.stored.id: State.REVOKED}, release=True)
        except LeaseLostError:
            return replace(found, message="another worker has this booking")
        finally:
            lease.release()
        said = self._work_off(held.key)
        return replace(found, fixed=not said, owed=True, message=said)

    def _note(self, found: Finding, what: str, **detail: object) -> None:
        told = {"reference": found.reference, **detail}
        note = Note(what=what, integration=found.integration, booking=found.booking, detail=told)
        self.workshop.ledger.note(note)

    def _owner(self, label: Label, known: Sequence[Held]) -> PairKey:
        """Return the pair that asked for it, if it is configured; else the booking's pair here."""
        mine = [one.key for one in known if self.vendors.get(one.key.integration) == one.key.vendor]
        one = self.member.integration
        ours = PairKey(integration=one.id, vendor=one.vendor, booking=label.booking)
        return next(iter(mine), ours)

    def _take(self, key: PairKey) -> Lease | None:
        """Take a pair; for a person who waits, also one that another worker has now."""
        means, ledger = self.workshop.means, self.workshop.ledger
        patience = time.monotonic() + (means.call_deadline_s if self.orders.by_a_person else 0)
        while True:
            lease = ledger.desk.take(
                key, field=self._field(key), label=None, search_at=means.clock()
            )
            if lease is not None or time.monotonic() >= patience:
                return lease
            if not ledger.holdings.knows_pair(key):
                return None
            time.sleep(_LOOK_S)

    def _field(self, key: PairKey) -> str | None:
        return self.workshop.backlog.roster[key.integration].reference_field

    def _owe_ending(self, lease: Lease, access: Access, known: Sequence[Held]) -> bool:
        """Write down that this is to end; False where the pair was lost."""
        key, same_ones = lease.key, self._same(access)
        try:
            if any(one.stored.state in ALIVE for one in same_ones):
                return True  # whoever had the pair before us has seen to it
            lease.note("unwanted", reference=access.reference, label=access.label)
            self.workshop.ledger.holdings.hurry(key)
            now = self.workshop.means.clock()
            mine = [
                one.stored.id
                for one in same_ones
                if one.key == key and one.stored.state is State.REVOKED and one.stored.ends_at > now
            ]
            if mine:
                lease.commit(moved={mine[-1]: State.REVOKING}, release=True)
            else:
                ends_at = [lease.state.said.end, *(one.stored.ends_at for one in known)]
                window = Window(start=lease.state.said.start, end=max(ends_at))
                grant = _grant(access, access.window or window, self._field(key))
                lease.commit(added=[(State.REVOKING, grant)], release=True)
        except LeaseLostError:
            return False
        finally:
            lease.release()
        return True

    def _work_off(self, key: PairKey) -> str:
        """Work a pair off; return why it is not done, if so."""
        ends = time.monotonic() + self.workshop.means.call_deadline_s
        instruction = Instruction(wait=self.orders.by_a_person)
        outcome = self.workshop.backlog.walk(key, ends, instruction=instruction).outcome
        return "" if outcome.ok or outcome.error is None else outcome.error.message

    def _same(self, access: Access) -> list[Held]:
        holdings, vendor = self.workshop.ledger.holdings, self.member.integration.vendor
        return [one for one in holdings.referred(vendor, [access.reference]) if same(one, access)]


def same(held: Held, access: Access) -> bool:
    """Tell whether a grant is this access; one that a booking field named may have no label.

    A reference alone does not say so: another account may have given the same one.
    """
    return held.reference == access.reference and held.stored.label in {"", access.label}


def _grant(access: Access, window: Window, field: str | None) -> Grant:
    return Grant(
        reference=access.reference,
        window=window,
        place=access.place,
        targets=access.targets,
        field=field,
        label=access.label,
    )
