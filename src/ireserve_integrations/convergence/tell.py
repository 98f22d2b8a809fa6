"""Tell: the outcome, and what the booking core is to write."""

from typing import TYPE_CHECKING

from ..errors import IntegrationError, OutcomeUnknownError, UnavailableError
from ..ledger import PairKey
from ..model import Outcome, OutcomeError

if TYPE_CHECKING:
    from .work import Work


class UnsearchableError(OutcomeUnknownError):
    """A lost reply that cannot be looked up: a person must look."""

    advice = (
        "Look for it in the vendor's portal; write its id into the booking field and send the "
        "change again, or end it there."
    )


def tell(work: "Work") -> Outcome:
    """Return the outcome; the booking fields are right once the core has written `fields`."""
    key, error, receipt = work.lease.key, work.error, work.receipt
    grant = work.current.grant if work.current else None
    if grant is not None and grant.field is not None:
        _tell_reference(work, grant.field, grant.reference)
    elif grant is None and error is None:
        _tell_revoked(work)
    return Outcome(
        integration=key.integration,
        vendor=key.vendor,
        booking=key.booking,
        outcome=work.outcome if error is None else failed(key, error).outcome,
        reference=grant.reference or None if grant else None,
        fields={**receipt.fields, **work.fields},
        status=receipt.status,
        warnings=(*receipt.warnings, *work.warnings),
        error=None if error is None else told(error),
    )


def failed(key: PairKey, error: IntegrationError, warnings: tuple[str, ...] = ()) -> Outcome:
    """Return the outcome of an error: `pending` where it goes on by itself, else `failed`."""
    later = isinstance(error, UnavailableError | OutcomeUnknownError)
    goes_on = later and not isinstance(error, UnsearchableError)
    return Outcome(
        integration=key.integration,
        vendor=key.vendor,
        booking=key.booking,
        outcome="pending" if goes_on else "failed",
        warnings=warnings,
        error=told(error),
    )


def told(error: IntegrationError) -> OutcomeError:
    """Return an error as outcomes have it."""
    return OutcomeError(kind=error.kind, message=sentence(error))


def sentence(error: IntegrationError) -> str:
    """Return what happened, and what to do next."""
    said = str(error)
    ended = said if said.endswith(("?", ".")) else f"{said}."
    return f"{ended} {error.advice}"


def _tell_reference(work: "Work", field: str, reference: str) -> None:
    value = work.booking.fields.get(field)
    work.fields.pop(field, None)
    if value == reference:
        return
    work.fields[field] = reference
    if value and work.outcome == "unchanged":
        work.warnings.append(f"booking field {field} held something else; it is set right")


def _tell_revoked(work: "Work") -> None:
    """Empty a field that holds what has been revoked: the core may not have been told."""
    if work.field is not None and work.lease.state.revoked_references:
        work.fields[work.field] = ""
