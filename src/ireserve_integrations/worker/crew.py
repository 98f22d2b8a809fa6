"""Works off what is owed, in this process: for a worker's own process, or inside another one."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from .besides import Delivering, Sweeping
from .pairs import Pairs
from .shift import Shift

if TYPE_CHECKING:
    from ..host import IntegrationHost


class Worker:
    """One worker of a host's ledger: in this thread (`run`), or in one of its own (`start`)."""

    def __init__(
        self,
        host: "IntegrationHost",
        *,
        upkeep: Sweeping | None = None,
        writing_back: Delivering | None = None,
    ) -> None:
        """Take whose; the others are the host's own unless they are given."""
        self._host, self._upkeep, self._writing_back = host, upkeep, writing_back
        self._pairs = Pairs(host)
        self._running = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How many pairs came out how; what is `pending` is owed still."""
        return self._pairs.outcomes

    @property
    def worked(self) -> int:
        """How many pairs are done, or have failed so that a person must act."""
        return sum(count for outcome, count in self.outcomes.items() if outcome != "pending")

    def run(self, stop: threading.Event | None = None, *, drain: bool = False) -> None:
        """Work off what is owed until told to stop; what runs then ends first.

        A ledger that cannot be used for a while is waited for.

        Args:
            stop: Set by somebody else when it is to stop.
            drain: Whether to end when nothing is due any more.

        Raises:
            LedgerError: What the queue needs is not installed.
            RuntimeError: It runs already.
        """
        if not self._running.acquire(blocking=False):
            raise RuntimeError("this worker runs already")
        try:
            shift = Shift(
                self._host,
                pairs=self._pairs,
                upkeep=self._upkeep,
                writing_back=self._writing_back,
                drain=drain,
            )
            shift.work(stop or threading.Event())
        finally:
            self._running.release()

    def start(self) -> None:
        """Run it in a thread of its own, until `stop`.

        Raises:
            RuntimeError: It runs already.
        """
        if self._thread is not None:
            raise RuntimeError("this worker runs already")
        self._stop.clear()
        self._thread = threading.Thread(target=self.run, args=(self._stop,), name="worker")
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait until what runs has ended; stopping twice is fine."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
