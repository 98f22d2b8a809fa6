"""Settle: find out what an earlier request made, before anything else is asked."""

from collections.abc import Iterable
from dataclasses import replace

from ..errors import OutcomeUnknownError, PluginError, RejectedError
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
    made, late = _look(work, work.unsettled)
    kept = _choose(work, made)
    ending = [(State.REVOKING, grant) for grant in (*made, *late) if grant is not kept]
    if kept is None:
        moved = {work.unsettled.id: State.NOT_MADE}
        work.to_end += work.lease.commit(added=ending, moved=moved)
    else:
        _adopt(work, work.unsettled, kept, ending)
    work.unsettled = None
    if work.means.asks(work.integration):
        work.lease.ask(work.means.new_label(work.booking.id), work.means.search_at(work.ends))


def _wait_for_late_requests(work: Work, asked: StoredGrant) -> None:
    if asked.search_at is not None and work.now < asked.search_at:
        when = work.means.calls.shown(asked.search_at, work.booking)
        raise OutcomeUnknownError(f"the reply to a request was lost; it is looked up from {when}")


def _look(work: Work, asked: StoredGrant) -> tuple[list[Grant], list[Grant]]:
    """Search, unless a person has looked already and says what came of the request."""
    instruction = work.instruction
    if instruction.ask_again:
        work.lease.note("told", label=asked.label, by="a person", found=[])
        return [], []
    if instruction.found is not None:
        work.lease.note("told", label=asked.label, by="a person", found=[instruction.found])
        return [_found_by_person(work, asked, instruction.found)], []
    return _search(work, asked)


def _found_by_person(work: Work, asked: StoredGrant, reference: str) -> Grant:
    """Return what a person found; the vendor must know it where it can be asked.

    Raises:
        UnsearchableError: It does not live, or was made for something else: it is still to be
            found out what came of the request.
    """
    said = Window(start=asked.said.start, end=asked.said.end)
    grant = Grant(reference=reference, window=said, field=work.field, label=asked.label)
    if not work.offers("read_access"):
        return grant
    try:
        access: Access = work.call("read_access", work.lend(writes=0), grant=grant)
    except RejectedError as error:
        raise UnsearchableError(f"{reference} cannot be read at the vendor ({error})") from None
    if not access.live:
        raise UnsearchableError(f"{reference} does not live at the vendor: it cannot be adopted")
    if access.label and access.label != asked.label:
        raise UnsearchableError(f"{reference} bears another label than “{asked.label}”")
    return _grant_of(work, replace(access, label=asked.label), asked)


def _search(work: Work, asked: StoredGrant) -> tuple[list[Grant], list[Grant]]:
    """Return what lives under the label, and what was made late under earlier ones."""
    known = {stored.grant.reference for stored in work.lease.state.grants if stored.grant}
    try:
        made = _living(work, asked, _find(work, asked.label), known)
    except UnsearchableError:
        named = _read_named(work, asked)
        if named is None:
            raise
        return _living(work, asked, [named], known), []
    late = []
    for earlier in work.lease.not_made():
        late += _living(work, earlier, _find(work, earlier.label), known)
    return made, late


def _find(work: Work, label: str) -> tuple[Access, ...]:
    unsearchable = (
        f"the reply to a request was lost, and the vendor cannot be searched for “{label}”"
    )
    if not work.offers("find_access"):
        raise UnsearchableError(unsearchable)
    try:
        found: tuple[Access, ...] = work.call("find_access", work.lend(writes=0), label=label)
    except RejectedError as error:
        raise UnsearchableError(f"{unsearchable} ({error})") from None
    if any(access.label != label for access in found):
        raise PluginError("find_access answered with what has another label")
    return found


def _read_named(work: Work, asked: StoredGrant) -> Access | None:
    """Return what a person found and wrote into the booking field; only the label proves it."""
    reference = work.booking.fields.get(work.field or "", "").strip()
    known = reference in work.lease.state.known_references
    if not reference or known or not work.offers("read_access"):
        return None
    said = Window(start=asked.said.start, end=asked.said.end)
    grant = Grant(reference=reference, window=said, field=work.field, label=asked.label)
    try:
        access: Access = work.call("read_access", work.lend(writes=0), grant=grant)
    except RejectedError:
        return None
    return access if access.label == asked.label else None


def _living(
    work: Work, asked: StoredGrant, found: Iterable[Access], known: set[str]
) -> list[Grant]:
    """Return what lives of `found` as grants, each once, and add it to what is `known`."""
    grants = []
    for access in found:
        if access.live and access.reference not in known:
            known.add(access.reference)
            grants.append(_grant_of(work, access, asked))
    return grants


def _grant_of(work: Work, access: Access, asked: StoredGrant) -> Grant:
    grant = Grant(
        reference=access.reference,
        window=access.window or Window(start=asked.said.start, end=asked.said.end),
        place=access.place,
        targets=access.targets,
        field=work.field,
        label=access.label,
    )
    work.check(grant)
    return grant


def _choose(work: Work, made: list[Grant]) -> Grant | None:
    """Return the one that the booking field names, else the first."""
    named = work.booking.fields.get(work.field or "", "").strip()
    return next((grant for grant in made if grant.reference == named), next(iter(made), None))


def _adopt(work: Work, asked: StoredGrant, kept: Grant, ending: list[tuple[State, Grant]]) -> None:
    former = work.live()
    added = work.lease.commit(
        made=(asked, kept), added=ending, moved={one.id: State.REVOKING for one in former}
    )
    work.to_end += [*former, *added]
    work.outcome = "replaced" if work.current else "granted"
    work.current = replace(asked, state=State.CURRENT, grant=kept)
    work.beside, work.recovered = [], True
    work.warnings.append("found by its label after a lost reply; nothing was asked twice")
