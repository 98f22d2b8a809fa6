"""The port between the host, which knows that pairs are due, and workers, which look at them."""

from collections.abc import Collection, Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol

from ..ledger import PairKey


class Crew(Protocol):
    """A worker, as a queue sees it. Every method may be called from any thread, and is quick."""

    @property
    def threads(self) -> int:
        """How many pairs it works off at the same time."""

    def wake(self, keys: Collection[PairKey]) -> None:
        """Look at the integrations of these pairs at once."""

    def glance(self) -> None:
        """Look at every integration soon: something has changed."""

    def begin(self, key: PairKey) -> "Future[None] | None":
        """Work a pair off, if it is due, on a thread of the crew's.

        Returns:
            Done when the pair is; None where its integration has no thread left, or may not be
            asked now, so that the pair stays due.
        """


class Carrier(Protocol):
    """Brings wake-ups to one crew until it is closed."""

    look_s: float
    """How often the crew is to call `look`, in seconds."""

    @property
    def patience_s(self) -> float:
        """How long the crew is to leave a pair that is due to what this brings, in seconds."""

    @property
    def resting(self) -> bool:
        """Whether it has brought everything that waited when it began."""

    def look(self) -> None:
        """Look for wake-ups.

        Raises:
            LedgerError: The ledger cannot be read.
        """

    def close(self) -> None:
        """Bring nothing more, and wait until what it brought has ended."""


class Queue(Protocol):
    """Carries pairs to workers."""

    @property
    def name(self) -> str:
        """How people call it."""

    def wake(self, keys: Iterable[PairKey]) -> None:
        """Say that these pairs are due, once that is on disk.

        Never fails: workers look by themselves, every `sweep_s` at the latest.
        """

    def later(self, key: PairKey, at: datetime) -> None:
        """Say that a pair becomes due at a time; never fails either."""

    def carry(self, crew: Crew, *, drain: bool) -> Carrier:
        """Begin to wake a crew.

        Args:
            crew: Whom.
            drain: Whether to bring only what waits now.

        Raises:
            LedgerError: What it needs is not installed.
        """
