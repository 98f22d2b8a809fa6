"""A worker's threads, shared so that one integration never has them all."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ..hook_thread import where_raised
from ..ledger import PairKey

_log = logging.getLogger(__name__)

_MOST = 256  # what `[host] threads` may say; the pool makes a thread only when it needs one more


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do for a pair."""

    key: PairKey
    do: Callable[[], None]


class Threads:
    """Runs what is begun, one thing per pair at a time."""

    def __init__(
        self,
        most: Callable[[], int],
        *,
        follow: Callable[[str], Task | None] = lambda _: None,
        ended: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the limits.

        Args:
            most: Returns how many may run at the same time; may change meanwhile.
            follow: Returns what a thread is to go on with for an integration, if anything.
            ended: Called with the integration when a thread is free again.
        """
        self._most, self._follow, self._ended = most, follow, ended
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

    def begin(self, key: PairKey, limit: int, do: Callable[[], None]) -> "Future[None] | None":
        """Do something for a pair; None where there is no room, or the pair runs already."""
        done: Future[None] = Future()
        with self._lock:
            bookings = self._taken.get(key.integration, set())
            if self._room(key.integration, limit) < 1 or key.booking in bookings:
                return None
            self._taken[key.integration] = bookings | {key.booking}
            self._pool.submit(self._run, Task(key=key, do=do), done)
        return done

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

    def _run(self, task: Task | None, done: "Future[None]") -> None:
        """Do a task, and what follows it: a thread that goes on needs nobody to wake it."""
        assert task is not None  # noqa: S101  # one at least
        integration = task.key.integration
        while task is not None:
            _do(task)
            if not done.done():
                done.set_result(None)
            following = self._follow(integration)
            task = self._exchange(task, following)
        self._ended(integration)

    def _exchange(self, task: Task, following: Task | None) -> Task | None:
        """Give one pair back and take the next in its place, if it may."""
        integration = task.key.integration
        with self._lock:
            left = self._taken[integration] - {task.key.booking}
            running = sum(map(len, self._taken.values()))
            may = not self._closed and running <= self._most()
            if following is not None and may and following.key.booking not in left:
                self._taken[integration] = left | {following.key.booking}
                return following
            if left:
                self._taken[integration] = left
            else:
                del self._taken[integration]
            return None


def _do(task: Task) -> None:
    try:
        task.do()
    except Exception as error:  # noqa: BLE001  # the worker goes on, whatever it was
        _log.error("integration %s: %s", task.key.integration, where_raised(error))
