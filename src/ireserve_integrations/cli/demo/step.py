"""A step of the story: what was done, what it claims, and whether that is so."""

from collections.abc import Iterator, Mapping
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

    outcome: str
    """As in the `--json` answer of `dispatch`; of the checklist `passed` or `failed`."""
    claims: tuple[Claim, ...]
    """Never empty."""
    remarks: tuple[str, ...] = ()
    """What there is to see besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step as it went."""

    vendor: str
    number: int
    """From 1, of each vendor's story."""
    title: str
    told: Told
    requests: tuple[Recorded, ...] = field(default=(), repr=False)
    """What went over the wire, in order of arrival."""

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
        return {
            "step": self.title,
            "ok": self.ok,
            "outcome": self.told.outcome,
            "requests": [
                {"method": one.method, "path": one.path, "status": one.status}
                for one in self.requests
            ],
            "vendor": self.vendor,
            "error": self.error,
        }


def tell(outcome: Outcome, expected: str, *claims: Claim) -> Told:
    """Return what a dispatch has to tell: that it is as expected is the first claim."""
    first = Claim(sentence=f"the outcome is {expected}", holds=outcome.outcome == expected)
    return Told(outcome=outcome.outcome, claims=(first, *claims), remarks=tuple(_remarks(outcome)))


def raised(sentence: str) -> Told:
    """Return what an act has to tell that came to no end."""
    claim = Claim(sentence=f"no error occurs ({sentence})", holds=False)
    return Told(outcome="failed", claims=(claim,))


def _remarks(outcome: Outcome) -> Iterator[str]:
    if outcome.error is not None:
        yield f"{outcome.error.message} ({outcome.error.kind})"
    yield from outcome.warnings
    for name, value in outcome.fields.items():
        yield f"the booking core writes {name} = {value or '(empty)'}"
