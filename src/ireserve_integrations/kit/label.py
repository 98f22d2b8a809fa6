"""The label under which a grant is asked for: `i-Reserve 15492 · 3f9c-81ab77d0`."""

import re
from dataclasses import dataclass
from typing import Self

_FORM = re.compile(
    r"i-Reserve (?P<booking>.+) · (?P<installation>[0-9a-f]{4})-(?P<number>[0-9a-f]{8})",
    re.DOTALL,  # a booking's id is opaque
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Names one request; what lives under it was made by that request."""

    booking: str
    installation: str
    """Four hexadecimal digits, made with the ledger."""
    number: str
    """Eight hexadecimal digits, random, this request's own."""

    def __str__(self) -> str:
        """Return the label as the vendor shows it."""
        return f"i-Reserve {self.booking} · {self.installation}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a label back; None for what is not one of ours."""
        match = _FORM.fullmatch(text)
        return None if match is None else cls(**match.groupdict())
