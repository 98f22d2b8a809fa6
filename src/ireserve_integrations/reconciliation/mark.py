"""How far a round is: what it has seen, what it doubts, what it has found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from ..ledger.reconciliations import Round
from ..model import Access, Window
from .finding import Difference, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A round between two vendor calls."""

    started_at: datetime
    page: str | None = None
    """Where the vendor's list goes on."""
    listed: bool = False
    """Whether the list is at its end, or there is none."""
    whole: bool = False
    """Whether the vendor has a list."""
    seen: frozenset[int] = frozenset()
    """The ids of the current grants that the list showed alive."""
    doubted: tuple[Access, ...] = ()
    """What lives under our label, and nothing seems to want."""
    found: tuple[Finding, ...] = ()
    after: int = 0
    """The id of the last grant that was looked at by itself."""
    done: bool = False

    def with_found(self, *findings: Finding) -> Self:
        """Return the mark with these found, each once."""
        known = {(one.finding, one.reference, one.booking) for one in self.found}
        fresh = [f for f in findings if (f.finding, f.reference, f.booking) not in known]
        return replace(self, found=(*self.found, *fresh))

    @property
    def begun(self) -> bool:
        """Whether a step of this round has been made."""
        return self.listed or self.page is not None or bool(self.doubted)

    def store(self, round_: Round) -> Round:
        """Return the round as the ledger is to keep it."""
        kept = {
            "page": self.page,
            "listed": self.listed,
            "whole": self.whole,
            "seen": sorted(self.seen),
            "doubted": [_access_json(one) for one in self.doubted],
            "found": [_finding_json(one) for one in self.found],
        }
        return replace(round_, mark=json.dumps(kept), after=self.after)

    @classmethod
    def restore(cls, round_: Round) -> Self:
        """Return where a round stands; another version's words make it begin anew."""
        beginning = cls(started_at=round_.started_at)
        try:
            kept = json.loads(round_.mark or "")
            return replace(
                beginning,
                page=kept["page"],
                listed=kept["listed"],
                whole=kept["whole"],
                seen=frozenset(kept["seen"]),
                doubted=tuple(_access(one) for one in kept["doubted"]),
                found=tuple(_finding(one, round_.integration) for one in kept["found"]),
                after=round_.after or 0,
            )
        except (ValueError, KeyError, TypeError):
            return beginning


def _access_json(access: Access) -> dict[str, Any]:
    window = access.window
    return {
        "reference": access.reference,
        "label": access.label,
        "window": [window.start.isoformat(), window.end.isoformat()] if window else None,
        "place": dict(access.place),
        "targets": list(access.targets),
    }


def _access(raw: Mapping[str, Any]) -> Access:
    window = None
    if raw["window"] is not None:
        start, end = map(datetime.fromisoformat, raw["window"])
        window = Window(start=start, end=end)
    return Access(
        reference=raw["reference"],
        live=True,
        label=raw["label"],
        window=window,
        place=raw["place"],
        targets=tuple(raw["targets"]),
    )


def _finding_json(one: Finding) -> list[Any]:
    return [one.finding, one.booking, one.reference, one.fixed, one.owed]


def _finding(raw: list[Any], integration: str) -> Finding:
    finding, booking, reference, fixed, owed = raw
    return Finding(
        integration=integration,
        booking=booking,
        finding=Difference(finding),
        reference=reference,
        fixed=fixed,
        owed=owed,
    )
