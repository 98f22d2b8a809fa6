"""The queue of one machine: threads over the due index, and nothing to install.

A crew in the process that hands a change over is woken at once; one in another process sees that
the file has changed.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from ..ledger import Ledger, PairKey
from ..ledger.changes import Changes
from .port import Crew


class EmbeddedQueue:
    """Wakes the workers of one SQLite ledger."""

    name = "embedded"

    def __init__(self, ledger: Ledger) -> None:
        """Take whose."""
        self._ledger = ledger
        self._crews: tuple[Crew, ...] = ()

    def wake(self, keys: Iterable[PairKey]) -> None:
        """Wake this process's crews; others notice by themselves."""
        if self._crews:
            woken = list(keys)
            for crew in self._crews:
                crew.wake(woken)

    def later(self, key: PairKey, at: datetime) -> None:
        """Do nothing: the due index says when, and crews look at it."""

    def carry(self, crew: Crew, *, drain: bool) -> "EmbeddedCarrier":  # noqa: ARG002  # the port's
        """Begin to wake a crew."""
        self._crews = (*self._crews, crew)
        return EmbeddedCarrier(
            crew=crew, changes=self._ledger.database.changes(), ended=lambda: self._leave(crew)
        )

    def _leave(self, crew: Crew) -> None:
        self._crews = tuple(one for one in self._crews if one is not crew)


class EmbeddedCarrier:
    """Watches the file for one crew."""

    look_s = 0.04  # a visitor does not notice it, and an idle processor neither
    patience_s = 0.0  # it brings nothing: the crew looks
    resting = True

    def __init__(self, *, crew: Crew, changes: Changes, ended: Callable[[], None]) -> None:
        """Take whom to wake, and what to watch."""
        self._crew, self._changes, self._ended = crew, changes, ended

    def look(self) -> None:
        """Have the crew look, if anybody has written to the file."""
        if self._changes.seen():
            self._crew.glance()

    def close(self) -> None:
        """Watch no more."""
        self._ended()
        self._changes.close()
