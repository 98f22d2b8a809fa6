"""Decide: the plugin makes what is wanted, and what it says is written down."""

from collections.abc import Sequence
from dataclasses import replace

from ..errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    PluginError,
    UnavailableError,
)
from ..ledger import Owed, State, StoredGrant, Wanted
from ..model import Change, Grant, Receipt
from .owed import owed
from .work import Work


def decide(work: Work) -> None:
    """Call `on_status_change` and apply its receipt; an error is noted in `work`."""
    inactive = ConfigError(f"{work.integration.id} is inactive: it grants nothing")
    context = work.lend_asking(inactive)
    try:
        receipt: Receipt = work.call("on_status_change", context, change=_change(work))
        _check(work, receipt, landed=context.http.write_may_have_landed)
    except IntegrationError as error:
        if error is inactive:
            work.warnings.append(str(error))
            _leave(work, final=True, skipped=True)
        else:
            landed = context.http.write_may_have_landed
            _note(work, error, unknown=landed or isinstance(error, OutcomeUnknownError))
        return
    _apply(work, receipt)


def withdraw_unwanted(work: Work) -> None:
    """End what lives if nothing wants it, while an earlier request cannot be settled yet.

    The plugin is asked with no write allowed: whether access is wanted needs none.
    """
    if not work.live():
        return
    wanted = UnavailableError("an earlier request is to be settled first")
    context = work.lend(writes=0, no_write_reason=wanted)
    try:
        receipt: Receipt = work.call("on_status_change", context, change=_change(work))
    except IntegrationError:
        return
    if receipt.outcome == "revoke":
        former = work.live()
        work.withdraw(former)
        work.lease.commit(moved={one.id: State.REVOKING for one in former})


def _change(work: Work) -> Change:
    state, asked, current = work.lease.state, work.lease.asked, work.current
    return Change(
        booking=work.booking,
        label=asked.label if asked else work.means.new_label(work.booking.id),
        statuses=state.statuses,
        standing=state.standing,
        grant=current.grant if current else None,
        fits=current is not None
        and current.said.digest == state.said.digest
        and not work.instruction.reapply,
        ended=work.booking.end <= work.now,
        known_references=state.known_references,
        reapply=work.instruction.reapply and current is not None,
    )


def _check(work: Work, receipt: Receipt, *, landed: bool) -> None:
    """Refuse an answer that contradicts itself, before anything is written of it."""
    said, state = receipt.outcome, work.lease.state
    makes = said in {"granted", "replaced"}
    if makes and receipt.grant is None:
        raise PluginError(f"the plugin said {said} without a grant")
    if makes and not work.integration.active:
        raise PluginError(f"the plugin said {said} for an inactive integration")
    if said == "unchanged" and (work.current is None) == (receipt.grant is None):
        raise PluginError("the plugin said unchanged, and there is not exactly one grant")
    if landed and not makes:
        raise PluginError(f"the plugin said {said}, and yet it wrote to the vendor")
    if receipt.standing not in {None, state.standing, *state.statuses}:
        raise PluginError("the plugin let a status stand that was not reached")
    for grant in filter(None, (receipt.grant, *receipt.found)):
        work.check(grant)


def _note(work: Work, error: IntegrationError, *, unknown: bool) -> None:
    """Remember an error; where something may have been made, keep the label to look for it."""
    work.error = error
    work.unsettled = work.lease.asked if unknown else None
    _leave(work, final=not unknown and not isinstance(error, UnavailableError | AuthError))


def _leave(work: Work, *, final: bool, skipped: bool = False) -> None:
    """Apply nothing; where that is final, end an old grant that now gives too much."""
    unused = work.lease.asked if work.unsettled is None else None
    former = work.live() if final and work.exceeds() else []
    if former:
        work.withdraw(former)
    work.lease.commit(
        forgotten=[unused] if unused else [],
        moved={one.id: State.REVOKING for one in former},
        skipped=skipped,
        owed=owed(work),
        release=not work.to_end,
    )


def _apply(work: Work, receipt: Receipt) -> None:
    work.receipt = receipt
    match receipt.outcome:
        case "granted" | "replaced" if receipt.grant is not None:
            _made(work, receipt, receipt.grant)
        case "unchanged":
            _kept(work, receipt)
        case "revoke":
            _ending(work, receipt, work.live())
        case _ if work.exceeds():
            _ending(work, receipt, work.live())
        case _:
            _skipped(work, receipt)


def _made(work: Work, receipt: Receipt, made: Grant) -> None:
    asked, former = work.lease.asked, work.live()
    grant = replace(made, field=work.field, label=asked.label if asked else "")
    fresh = [] if asked else [(State.CURRENT, grant)]
    found = [(State.REVOKING, work.ours(one)) for one in receipt.found]
    added = _commit(
        work,
        receipt,
        made=(asked, grant) if asked else None,
        added=[*fresh, *found],
        former=former,
    )
    work.outcome = "replaced" if work.current or found else "granted"
    work.to_end += [*former, *added[len(fresh) :]]
    work.current = replace(asked, state=State.CURRENT, grant=grant) if asked else added[0]
    work.beside = []


def _kept(work: Work, receipt: Receipt) -> None:
    adopted = [] if receipt.grant is None else [(State.CURRENT, work.ours(receipt.grant))]
    beside = [(State.BESIDE, work.ours(one)) for one in receipt.found]
    added = _commit(work, receipt, added=[*adopted, *beside])
    if adopted:
        work.current = added[0]
    if not work.recovered:
        work.outcome = "unchanged"


def _ending(work: Work, receipt: Receipt, former: list[StoredGrant]) -> None:
    found = [(State.REVOKING, work.ours(one)) for one in receipt.found]
    added = _commit(work, receipt, added=found, former=former)
    if former or added:
        work.withdraw([*former, *added])


def _skipped(work: Work, receipt: Receipt) -> None:
    """Leave what is current; what was found ends with it, or now where nothing is."""
    state = State.BESIDE if work.current else State.REVOKING
    added = _commit(work, receipt, added=[(state, work.ours(one)) for one in receipt.found])
    if work.current is None:
        work.to_end += added


def _commit(
    work: Work,
    receipt: Receipt,
    *,
    made: tuple[StoredGrant, Grant] | None = None,
    added: Sequence[tuple[State, Grant]] = (),
    former: Sequence[StoredGrant] = (),
) -> tuple[StoredGrant, ...]:
    """Write the plugin's decision, and give the pair back where nothing is left to end."""
    asked = work.lease.asked
    more = bool(work.to_end or former or any(state is State.REVOKING for state, _ in added))
    stays = made is None and not former and not added
    corrections = _corrections(work) if stays else {}
    return work.lease.commit(
        made=made,
        added=added,
        moved={one.id: State.REVOKING for one in former},
        forgotten=[asked] if asked and not made else [],
        applied=True,
        standing=receipt.standing or work.lease.state.standing,
        skipped=receipt.outcome == "skipped" and not work.integration.active,
        wanted=Wanted(fields={**receipt.fields, **corrections}, status=receipt.status),
        owed=Owed(due_at=work.now if more else None),
        release=not more,
    )


def _corrections(work: Work) -> dict[str, str]:
    """Return the booking field that does not hold what it should, as the newest booking has it."""
    current = work.current.grant if work.current else None
    if current is not None and current.field is not None:
        held = work.booking.fields.get(current.field)
        return {} if held == current.reference else {current.field: current.reference}
    if current is None and work.field is not None and work.lease.state.revoked_references:
        return {work.field: ""}
    return {}
