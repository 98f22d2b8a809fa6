"""A step of the story: what was done, what it claims, and whether that is so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...model import Outcome
from ...testing.exchange import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence about a step, and whether it holds."""

    sentence: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an act has to tell."""

    outcomes: tuple[tuple[str, str], ...]
    """Integration and outcome: as in the `--json` answer of `dispatch` and `open`; of the checklist
    `passed` or `failed`, of a button `done` or `refused`."""
    claims: tuple[Claim, ...]
    """Never empty."""
    remarks: tuple[str, ...] = ()
    """What there is to see besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step as it went."""

    number: int
    """From 1."""
    title: str
    told: Told
    requests: tuple[tuple[str, Recorded], ...] = field(default=(), repr=False)
    """What went over the wire: vendor by vendor, in order of arrival there."""

    @property
    def ok(self) -> bool:
        """Whether it did what it says."""
        return all(claim.holds for claim in self.told.claims)

    @property
    def error(self) -> str | None:
        """What does not hold, as one sentence; None where everything does."""
        broken = "; ".join(claim.sentence for claim in self.told.claims if not claim.holds)
        return f"not so: {broken}" if broken else None

    def as_json(self) -> Mapping[str, Any]:
        """Return the step as one entry of the `--json` answer."""
        told = self.told.outcomes
        names = dict.fromkeys(name for name, _ in told)
        return {
            "step": self.title,
            "ok": self.ok,
            "outcome": _joined(outcome for _, outcome in told),
            "outcomes": {one: _joined(said for name, said in told if name == one) for one in names},
            "requests": [
                {"vendor": vendor, "method": one.method, "path": one.path, "status": one.status}
                for vendor, one in self.requests
            ],
            "error": self.error,
        }


def raised(sentence: str) -> Told:
    """Return what an act has to tell that came to no end."""
    claim = Claim(sentence=f"no error occurs ({sentence})", holds=False)
    return Told(outcomes=(("", "failed"),), claims=(claim,))


def remarks(outcome: Outcome) -> Iterator[str]:
    """Yield what an outcome says besides, for people."""
    if outcome.error is not None:
        yield f"{outcome.integration}: {outcome.error.message} ({outcome.error.kind})"
    for warning in outcome.warnings:
        yield f"{outcome.integration}: {warning}"
    for name, value in outcome.fields.items():
        where = f"{name} of booking {outcome.booking}"
        yield f"{outcome.integration}: the core writes {where}: {value or '(empty)'}"
    if outcome.status is not None:
        where = f"booking {outcome.booking} to status {outcome.status}"
        yield f"{outcome.integration}: the core moves {where}"


def _joined(words: Iterable[str]) -> str:
    """Return the different ones, in order."""
    return ", ".join(dict.fromkeys(words))
