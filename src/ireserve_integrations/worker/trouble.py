"""Trouble with what a worker stands on: said once, and waited out."""

import logging
import threading

_log = logging.getLogger(__name__)

_FIRST_S, _LONGEST_S = 0.1, 5.0


class Trouble:
    """One thing that may fail for a while: the ledger, a chore."""

    def __init__(self, what: str) -> None:
        """Take what people call it."""
        self._what, self._failures = what, 0
        self._lock = threading.Lock()

    def failed(self, why: object) -> float:
        """Say that it fails, the first time; return the seconds until it is to be tried again."""
        with self._lock:
            self._failures += 1
            failures = self._failures
        if failures == 1:
            _log.error(
                "%s: %s. It is tried again until it goes on", self._what, str(why).rstrip(".")
            )
        return float(min(_FIRST_S * 2.0 ** min(failures - 1, 30), _LONGEST_S))

    def well(self) -> None:
        """Say that it goes on, if it had failed."""
        if self._failures:
            with self._lock:
                failures, self._failures = self._failures, 0
            if failures:
                _log.warning("%s: it goes on", self._what)
