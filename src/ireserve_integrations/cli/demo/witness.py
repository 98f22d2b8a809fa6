"""What the sandbox saw and holds: the vendor's side of every claim, whatever its words are."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from ...model import Outcome
from ...testing.exchange import Recorded
from ...testing.faults import FaultKind
from ...testing.sandbox import Sandbox
from .step import Claim

_LABEL = "i-Reserve "  # how every label begins


class Witness:
    """Looks at one sandbox; `requests` are those of the step that is played."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Take a sandbox that listens."""
        self._sandbox = sandbox
        self._asked: Recorded | None = None
        """How access is asked for, as the first confirmation showed."""

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """What went over the wire since `begin`, in order of arrival."""
        return self._sandbox.requests

    def begin(self) -> None:
        """Begin a step."""
        self._sandbox.forget_requests()

    def learn_asking(self) -> None:
        """Take the last write of this step for the way in which access is asked for."""
        self._asked = next((one for one in reversed(self.requests) if _is_write(one)), None)

    def lose_next_reply(self) -> None:
        """Let the next request for access be carried out, and its reply be lost."""
        if self._asked is not None:
            path = f"^{re.escape(self._asked.path)}$"
            self._sandbox.fault(FaultKind.LOST_REPLY, method=self._asked.method, path=path)

    def only_lives(self, outcome: Outcome) -> Claim:
        """Claim that the outcome's access lives, and no other."""
        living = self._living()
        holds = len(living) == 1 and outcome.reference in living[0].values()
        return Claim(sentence="exactly one access lives at the vendor: this one", holds=holds)

    def nothing_lives(self) -> Claim:
        """Claim that no access lives."""
        return Claim(sentence="no access lives at the vendor", holds=not self._living())

    def nothing_was_asked(self) -> Claim:
        """Claim that the vendor was not asked anything."""
        return Claim(sentence="the vendor was asked nothing", holds=not self.requests)

    def nothing_was_written(self) -> Claim:
        """Claim that the vendor was only asked what there is."""
        written = any(_is_write(one) for one in self.requests)
        return Claim(sentence="it was looked for, and not asked for again", holds=not written)

    def new_came_first(self, old: str) -> Claim:
        """Claim that the new access was made before the old one, of that reference, ended."""
        made = self._askings()
        ended = [n for n, one in enumerate(self.requests) if _is_write(one) and old in one.path]
        holds = bool(made and ended) and max(made) < min(ended)
        return Claim(sentence="the new one was made before the old one ended", holds=holds)

    def window_moved(self, later: timedelta) -> Claim:
        """Claim that this access was asked for, and lives, with the first one's times and more."""
        wanted = [moment + later for moment in _times(self._asked and self._asked.json)]
        asked = [_times(self.requests[place].json) for place in self._askings()]
        lives = set(_times(self._living()))
        holds = bool(wanted) and asked == [wanted] and lives.issuperset(wanted)
        return Claim(sentence="its window moved along", holds=holds)

    def reply_was_lost(self) -> Claim:
        """Claim that access was made, and nobody was told."""
        statuses = [self.requests[place].status for place in self._askings()]
        holds = statuses == [None] and len(self._living()) == 1
        return Claim(sentence="the vendor made it, and its reply never came", holds=holds)

    def _askings(self) -> list[int]:
        """Return which of this step's requests ask for access."""
        asked = self._asked
        return [n for n, one in enumerate(self.requests) if asked and _same_call(one, asked)]

    def _living(self) -> list[Mapping[str, Any]]:
        return list(_live_in(self._sandbox.state()))


def show_body(request: Recorded) -> Iterator[tuple[str, str]]:
    """Yield the label and the times of a request's body, with their keys; nothing personal."""
    for name, value in _leaves(request.json):
        if value.startswith(_LABEL) or list(_moments(value)):
            yield name, value


def _is_write(request: Recorded) -> bool:
    return request.method != "GET"


def _same_call(one: Recorded, other: Recorded) -> bool:
    return (one.method, one.path) == (other.method, other.path)


def _times(value: Any) -> list[datetime]:
    """Return the times in a JSON value, in order."""
    return [moment for _, text in _leaves(value) for moment in _moments(text)]


def _live_in(state: Any) -> Iterator[Mapping[str, Any]]:
    """Yield everything in a sandbox's state that it marks as `live`."""
    match state:
        case {"live": True}:
            yield state
        case dict():
            for inner in state.values():
                yield from _live_in(inner)
        case list():
            for inner in state:
                yield from _live_in(inner)


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
