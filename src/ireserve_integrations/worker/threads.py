"""A worker's threads, shared so that one integration never has them all."""

import logging
import threading
from collections.abc import Callable, Iterable
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An integration that a free thread may go on with."""

    integration: str
    limit: int
    """How many threads it may hold."""
    take: Callable[[], Task | None]
    """Returns what is next of it; None where that has to be looked up."""


def _no_turns(_integration: str) -> list[Turn]:
    return []


class Threads:
    """Runs what is begun, one thing per pair at a time."""

    def __init__(
        self,
        most: Callable[[], int],
        *,
        turns: Callable[[str], Iterable[Turn]] = _no_turns,
        ended: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the limits.

        Args:
            most: Returns how many may run at the same time; may change meanwhile.
            turns: Returns whose turn it is when a pair of an integration has ended, in order.
            ended: Called with the integration when a thread is free again.
        """
        self._most, self._turns, self._ended = most, turns, ended
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
        while task is not None:
            integration = task.key.integration
            _do(task)
            if not done.done():
                done.set_result(None)
            task = self._exchange(task, self._turns(integration))
        self._ended(integration)

    def _exchange(self, task: Task, turns: Iterable[Turn]) -> Task | None:
        """Give one pair back and take in its place what is next; None where that is not known."""
        with self._lock:
            self._leave(task.key)
            for turn in turns:
                if self._room(turn.integration, turn.limit) < 1:
                    continue
                following = turn.take()
                if following is None:
                    return None
                taken = self._taken.get(turn.integration, set())
                if following.key.booking not in taken:
                    self._taken[turn.integration] = taken | {following.key.booking}
                    return following
        return None

    def _leave(self, key: PairKey) -> None:
        left = self._taken[key.integration] - {key.booking}
        if left:
            self._taken[key.integration] = left
        else:
            del self._taken[key.integration]


def _do(task: Task) -> None:
    try:
        task.do()
    except Exception as error:  # noqa: BLE001  # the worker goes on, whatever it was
        _log.error("integration %s: %s", task.key.integration, where_raised(error))
