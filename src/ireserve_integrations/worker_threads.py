"""A worker's threads, shared so that one integration never has them all."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from .hook_thread import where_raised
from .ledger import PairKey

_log = logging.getLogger(__name__)

_MOST = 256  # what `[host] threads` may say; the pool makes a thread only when it needs one more


class Threads:
    """Runs what is begun, one thing per pair at a time."""

    def __init__(self, most: Callable[[], int], ended: Callable[[str], None]) -> None:
        """Take the limits.

        Args:
            most: Returns how many may run at the same time; may change meanwhile.
            ended: Called with the integration whenever something has ended, on its thread.
        """
        self._most, self._ended = most, ended
        self._taken: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_MOST, "pair")
        self._closed = False

    @property
    def share(self) -> int:
        """How many one integration may hold: three quarters, but one at least."""
        return max(1, self._most() * 3 // 4)

    @property
    def idle(self) -> bool:
        """Whether nothing runs."""
        return not self._taken

    def taken(self, integration: str) -> frozenset[str]:
        """Return the bookings of an integration that run now."""
        with self._lock:
            return frozenset(self._taken.get(integration, ()))

    def room(self, integration: str, limit: int) -> int:
        """Return how many more of an integration may begin now, where it may hold `limit`."""
        with self._lock:
            return self._room(integration, limit)

    def begin(self, key: PairKey, limit: int, task: Callable[[], None]) -> "Future[None] | None":
        """Run a task for a pair; None where there is no room, or the pair runs already."""
        with self._lock:
            bookings = self._taken.get(key.integration, set())
            if self._room(key.integration, limit) < 1 or key.booking in bookings:
                return None
            self._taken[key.integration] = bookings | {key.booking}
            return self._pool.submit(self._run, key, task)

    def close(self) -> None:
        """Begin nothing more, and wait until what runs has ended."""
        with self._lock:
            self._closed = True
        self._pool.shutdown()

    def _room(self, integration: str, limit: int) -> int:
        if self._closed:
            return 0
        running = sum(map(len, self._taken.values()))
        return min(limit - len(self._taken.get(integration, ())), self._most() - running)

    def _run(self, key: PairKey, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001  # the worker goes on, whatever it was
            _log.error("integration %s: %s", key.integration, where_raised(error))
        finally:
            with self._lock:
                left = self._taken[key.integration] - {key.booking}
                self._taken[key.integration] = left
                if not left:
                    del self._taken[key.integration]
            self._ended(key.integration)
