"""Findings: where the ledger and a vendor differ."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..ledger import Alert, Cause, PairKey


class Difference(StrEnum):
    """What was found; the words of the `--json` answer."""

    GONE = "gone"
    """The ledger has it as current, and it lives no more: `--regrant` gives it again."""
    UNWANTED = "unwanted"
    """It lives under our label for a booking that the ledger knows, and nothing wants it.

    What the ledger knows that it owes is ended at once; the rest by `--fix`.
    """
    UNKNOWN = "unknown booking"
    """It lives under our label for a booking that the ledger does not know: `--revoke` ends it."""
    UNCONFIGURED = "unconfigured"
    """The ledger has it as live, and its integration is configured no more."""
    NOT_COMPARED = "not compared"
    """The vendor could not be asked: about one booking's access, or at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference."""

    integration: str
    booking: str | None
    """None where it is no single one's."""
    finding: Difference
    reference: str = ""
    """The vendor's id of what it is about, if any."""
    fixed: bool = False
    """Whether the two agree now."""
    owed: bool = False
    """Whether the ledger has it as something to be done, which goes on by itself."""
    message: str = ""
    """Why it is not fixed, where there is more to say than what was found."""

    @property
    def alert(self) -> Alert | None:
        """What a person must see to because of it; None where nobody must."""
        said = None if self.fixed or self.owed else _said(self)
        if said is None:
            return None
        return Alert(
            cause=said[0],
            message=said[1],
            integration=self.integration,
            booking=self.booking or "",
            about=self.reference,
        )


def unconfigured_alerts(left: Iterable[PairKey]) -> list[Alert]:
    """Return an alert for each integration that is configured no more and holds these."""
    counts = Counter(key.integration for key in left)
    return [_unconfigured_alert(*one) for one in counts.items()]


def _unconfigured_alert(integration: str, bookings: int) -> Alert:
    some = "1 booking" if bookings == 1 else f"{bookings} bookings"
    return Alert(
        cause=Cause.UNCONFIGURED,
        integration=integration,
        message=(
            f"integration {integration} is configured no more, and what it gave for {some} may "
            "still open doors: configure it again, inactive if it is to grant nothing, or end the "
            "access in the vendor's portal."
        ),
    )


def _said(one: Finding) -> tuple[Cause, str] | None:
    where = f"access {one.reference}"
    match one.finding:
        case Difference.GONE:
            return Cause.GONE, (
                f"{where} was ended at the vendor, and not by us: the visitor cannot enter. "
                f"`reconcile {one.integration} --regrant` gives it again, if the booking still "
                "asks for it."
            )
        case Difference.UNWANTED:
            return Cause.UNWANTED, (
                f"{where} bears our label and opens doors, and nothing wants it. "
                f"`reconcile {one.integration} --fix` ends it."
            )
        case Difference.UNKNOWN:
            return Cause.UNKNOWN, (
                f"{where} bears our label and opens doors, and the ledger knows no such booking, "
                "as after an older backup was restored. Send the booking's change again, or end it "
                f"with `reconcile {one.integration} --revoke {one.reference}`."
            )
        case Difference.UNCONFIGURED | Difference.NOT_COMPARED:
            return None
