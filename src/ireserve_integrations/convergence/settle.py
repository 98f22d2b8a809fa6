"""Settle: find out what an earlier request made, before anything else is asked."""

from dataclasses import replace

from ..errors import OutcomeUnknownError, RejectedError
from ..ledger import State, StoredGrant
from ..model import Access, Grant, Window
from .tell import UnsearchableError
from .work import Work


def settle(work: Work) -> None:
    """Search the label that is on disk; adopt what lives under it, or write it off.

    Raises:
        OutcomeUnknownError: It is too early to look, or the vendor cannot be searched.
        IntegrationError: The search failed.
    """
    if work.unsettled is None:
        return
    _wait_for_late_requests(work, work.unsettled)
    labels = (work.unsettled.label, *work.lease.old_labels())
    live = [access for label in labels for access in _find(work, label) if access.live]
    if live:
        _adopt(work, work.unsettled, live)
    else:
        work.lease.commit(moved={work.unsettled.id: State.NOT_MADE})
    work.unsettled = None
    if work.means.asks(work.integration):
        work.lease.ask(work.means.new_label(work.booking.id), work.means.search_at(work.ends))


def _wait_for_late_requests(work: Work, stored: StoredGrant) -> None:
    if stored.search_at is not None and work.now < stored.search_at:
        when = work.means.shown(stored.search_at, work.booking)
        raise OutcomeUnknownError(f"the reply to a request was lost; it is looked up from {when}")


def _find(work: Work, label: str) -> tuple[Access, ...]:
    unsearchable = (
        f"the reply to a request was lost, and the vendor cannot be searched for “{label}”: "
        "look for it in the vendor's portal"
    )
    if not work.offers("find_access"):
        raise UnsearchableError(unsearchable)
    try:
        found: tuple[Access, ...] = work.call("find_access", work.lend(writes=0), label=label)
    except RejectedError as error:
        raise UnsearchableError(f"{unsearchable} ({error})") from None
    return found


def _adopt(work: Work, stored: StoredGrant, live: list[Access]) -> None:
    """Keep the one that the booking field names, else the first; end every other."""
    named = work.booking.fields.get(work.field or "", "")
    kept = next((access for access in live if access.reference == named), live[0])
    grant = _grant_of(work, kept, stored)
    others = [_grant_of(work, access, stored) for access in live if access is not kept]
    former = work.live()
    added = work.lease.commit(
        made=(stored, grant),
        added=[(State.REVOKING, other) for other in others],
        moved={one.id: State.REVOKING for one in former},
    )
    work.to_end += [*former, *added]
    work.outcome = "replaced" if work.current else "granted"
    work.current = replace(stored, state=State.CURRENT, grant=grant)
    work.beside, work.recovered = [], True
    work.warnings.append("found by its label after a lost reply; nothing was asked twice")


def _grant_of(work: Work, access: Access, stored: StoredGrant) -> Grant:
    said = Window(start=stored.said.start, end=stored.said.end)
    return Grant(
        reference=access.reference,
        window=access.window or said,
        place=access.place,
        targets=access.targets,
        field=work.field,
        label=access.label,
    )
