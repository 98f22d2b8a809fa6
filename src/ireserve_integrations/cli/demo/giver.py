"""A vendor that gives access beforehand."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ...testing.exchange import Recorded
from ...testing.faults import FaultKind
from ...testing.sandbox import Sandbox
from .side import Side, is_write, tables_in, times_in
from .step import Claim
from .visitor import StoredBooking

_TO_SECOND = timedelta(seconds=1)  # how exactly times are sent


class Giver(Side):
    """What the sandbox saw and holds, whatever its words are."""

    def __init__(self, sandbox: Sandbox, row: Mapping[str, Any], label: str) -> None:
        """Take a sandbox that listens, the row that it proposes, and the vendor's name."""
        super().__init__(sandbox, row, label)
        self.held: dict[str, str] = {}
        """By booking, the reference of what should live."""
        self._asked: Recorded | None = None
        """How access is asked for, as the first confirmation showed."""
        self._began = datetime.now(UTC)

    @property
    def statuses(self) -> Sequence[str]:
        """Those that trigger access."""
        triggers: Sequence[str] = self.details["trigger_statuses"]
        return triggers

    def begin(self) -> None:
        """Begin a step."""
        super().begin()
        self._began = datetime.now(UTC)

    def learn_asking(self) -> None:
        """Take the last write of this step for the way in which access is asked for."""
        self._asked = next((one for one in reversed(self.requests) if is_write(one)), None)

    def lose_next_reply(self) -> None:
        """Let the next request for access be carried out, and its reply be lost."""
        if self._asked is not None:
            path = f"^{re.escape(self._asked.path)}$"
            self.sandbox.fault(FaultKind.LOST_REPLY, method=self._asked.method, path=path)

    def right_ones_live(self) -> Claim:
        """Claim that what should live lives at the vendor, and nothing else."""
        living, held = self._living(), [*self.held.values()]
        found = [any(reference in one.values() for one in living) for reference in held]
        holds = all(held) and all(found) and len(living) == len(held)
        said = {0: "no access lives at the vendor", 1: "exactly one access lives at the vendor"}
        many = f"exactly {len(held)} accesses live at the vendor, one for each booking"
        return self.claim(said.get(len(held), many), holds=holds)

    def nothing_was_written(self) -> Claim:
        """Claim that the vendor was only asked what there is."""
        written = any(is_write(one) for one in self.requests)
        return self.claim("it was looked for, and not asked for again", holds=not written)

    def new_came_first(self, old: str) -> Claim:
        """Claim that the new access was made before the old one, of that reference, ended."""
        made = self._askings()
        ended = [n for n, one in enumerate(self.requests) if is_write(one) and old in one.path]
        holds = bool(made and ended) and max(made) < min(ended)
        return self.claim("the new one was made before the old one ended", holds=holds)

    def window_fits(self, booking: StoredBooking) -> Claim:
        """Claim that this step's access was asked for, and lives, for the booking's time alone."""
        asked = [times_in(self.requests[place].json) for place in self._askings()]
        opens = booking.start - timedelta(minutes=self.details["time_before_minutes"])
        early, late = (max(opens, at) for at in (self._began - _TO_SECOND, datetime.now(UTC)))
        lives = set(times_in([dict(one) for one in self._living()]))
        holds = len(asked) == 1 and len(asked[0]) == 2 and lives.issuperset(asked[0])  # noqa: PLR2004  # start, end
        holds = holds and early <= asked[0][0] <= late and asked[0][1] == booking.end
        since = "now" if opens < late else f"{opens:%H:%M} UTC"
        return self.claim(f"it holds from {since} to {booking.end:%H:%M} UTC", holds=holds)

    def reply_was_lost(self) -> Claim:
        """Claim that access was made, and nobody was told."""
        statuses = [self.requests[place].status for place in self._askings()]
        holds = statuses == [None] and len(self._living()) == len(self.held) + 1
        return self.claim("the vendor made it, and its reply never came", holds=holds)

    def _askings(self) -> list[int]:
        """Return which of this step's requests ask for access."""
        asked = self._asked
        return [n for n, one in enumerate(self.requests) if asked and _same_call(one, asked)]

    def _living(self) -> list[Mapping[str, Any]]:
        """Return what the sandbox marks as `live`."""
        return [one for one in tables_in(self.sandbox.state()) if one.get("live") is True]


def _same_call(one: Recorded, other: Recorded) -> bool:
    return (one.method, one.path) == (other.method, other.path)
