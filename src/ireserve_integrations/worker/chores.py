"""What a worker does besides pairs, on threads of their own so that no pair waits for it."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..assembly import Workshop
from ..errors import ConfigError, LedgerError
from ..hook_thread import where_raised
from ..ledger import Alert, Cause
from .trouble import Trouble

if TYPE_CHECKING:
    from ..host import IntegrationHost

_log = logging.getLogger(__name__)

SETTLED_S = 0.2
_BREATH_S = 0.05  # a chore that is due at once does not spin


class Chore:
    """Something that is done again and again."""

    def __init__(self, name: str, do: Callable[[], float]) -> None:
        """Begin with it at once.

        Args:
            name: As people call it.
            do: Returns the seconds until it is to be done again at the latest; may raise
                `LedgerError`.
        """
        self._name, self._do, self._trouble = name, do, Trouble(name)
        self._asked, self._ends = threading.Event(), threading.Event()
        self._asked.set()
        self._busy = True
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def resting(self) -> bool:
        """Whether it has been done since anybody asked for it."""
        return not (self._busy or self._asked.is_set())

    def wake(self) -> None:
        """Have it done soon."""
        self._asked.set()

    def stop(self) -> None:
        """Do it no more; what is under way ends first."""
        self._ends.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            self._busy = True
            self._asked.clear()
            pause_s = self._once()
            self._ends.wait(_BREATH_S)
            self._asked.wait(max(0.0, pause_s - _BREATH_S))

    def _once(self) -> float:
        """Do it; return the seconds until it is to be done again."""
        try:
            pause_s = self._do()
        except LedgerError as error:
            return self._trouble.failed(error)
        except Exception as error:  # noqa: BLE001  # the worker goes on without it
            pause_s = self._trouble.failed(where_raised(error))
        else:
            self._trouble.well()
        self._busy = False
        return pause_s


class Settings:
    """Takes up a changed configuration file; says once that it has become unusable."""

    def __init__(self, host: "IntegrationHost") -> None:
        """Take whose."""
        self._host = host
        self._said: str | None = ""  # an alert that another process has left is closed

    @property
    def under_way(self) -> bool:
        """Whether the file may be half-written: editors empty one before they fill it."""
        try:
            written = self._host.assembly.configuration.path.stat().st_mtime
        except OSError:
            return False
        return 0 <= time.time() - written < SETTLED_S

    def take(self) -> bool:
        """Take the file up as it is now; tell whether it was another one.

        Raises:
            LedgerError: What is to be said cannot be written down.
        """
        workshop = self._host.assembly.workshop
        assert workshop is not None  # noqa: S101  # a worker has a ledger
        try:
            changed = self._host.reload()
        except ConfigError as error:
            self._say(workshop, str(error))
            return False
        if self._said is not None:
            workshop.ledger.alerts.close(Cause.SETTINGS, integration="", booking="", about="")
            self._said = None
        return changed

    def _say(self, workshop: Workshop, why: str) -> None:
        if why == self._said:
            return
        message = (
            f"the configuration cannot be used any more: {why.rstrip('.')}. The worker goes on "
            "with the settings that it had; correct the file, it is taken up by itself."
        )
        workshop.ledger.alerts.open(Alert(cause=Cause.SETTINGS, message=message))
        self._said = why
        _log.error("%s", message)
