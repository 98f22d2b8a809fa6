"""A vendor in the story: its integration, and its sandbox, which knows whether a claim holds."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from ...model import Outcome
from ...testing.exchange import Recorded
from ...testing.sandbox import Sandbox
from .step import Claim

_LABEL = "i-Reserve "  # how every label begins


class Side(ABC):
    """One vendor; `requests` are those of the step that is played."""

    def __init__(self, sandbox: Sandbox, row: Mapping[str, Any], label: str) -> None:
        """Take a sandbox that listens, the row that it proposes, and the vendor's name."""
        self.sandbox, self.row, self.label = sandbox, row, label
        self.name, self.details = str(row["id"]), row.get("details", {})

    @property
    def booked(self) -> dict[str, str]:
        """What is to be booked: the object, and the sub-object, of the last mapping row."""
        return {key: value for key, value in self.row["mapping"][-1].items() if key != "targets"}

    @property
    @abstractmethod
    def statuses(self) -> Sequence[str]:
        """Those at which it gives access, or lets doors be opened."""

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """What went over the wire since `begin`, in order of arrival."""
        return self.sandbox.requests

    def begin(self) -> None:
        """Begin a step."""
        self.sandbox.forget_requests()

    def claim(self, sentence: str, *, holds: bool) -> Claim:
        """Claim something of this vendor."""
        return Claim(sentence=f"{self.name}: {sentence}", holds=holds)

    def says(self, outcomes: Sequence[Outcome], expected: str) -> Claim:
        """Claim that every outcome is as expected."""
        holds = bool(outcomes) and all(one.outcome == expected for one in outcomes)
        return self.claim(f"the outcome is {expected}", holds=holds)

    def nothing_was_asked(self) -> Claim:
        """Claim that the vendor was not asked anything."""
        return self.claim("the vendor was asked nothing", holds=not self.requests)


def show_body(request: Recorded) -> Iterator[tuple[str, str]]:
    """Yield the label and the times of a request's body, with their keys; nothing personal."""
    for name, value in _leaves(request.json):
        if value.startswith(_LABEL) or list(_moments(value)):
            yield name, value


def is_write(request: Recorded) -> bool:
    """Tell whether a request may change something."""
    return request.method != "GET"


def times_in(value: Any) -> list[datetime]:
    """Return the times in a JSON value, in order."""
    return [moment for _, text in _leaves(value) for moment in _moments(text)]


def tables_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a JSON value, from the outside in."""
    match value:
        case dict():
            yield value
            for inner in value.values():
                yield from tables_in(inner)
        case list() | tuple():
            for inner in value:
                yield from tables_in(inner)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a JSON value with its key, in order."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _leaves(inner, key)
        case list():
            for inner in value:
                yield from _leaves(inner, name)
        case str():
            yield name, value


def _moments(value: str) -> Iterator[datetime]:
    with suppress(ValueError):
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() is not None:
            yield moment
