"""One call of a plugin's code, on a thread of its own: Python cannot end one that hangs."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any

from .errors import IntegrationError, LedgerError, PluginError


class HookThread:
    """Runs a function from now on."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.done = threading.Event()
        self._function = function
        self._answer: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True, name="hook").start()

    def wait(self, seconds: float, every: tuple[float, Callable[[], None]] | None = None) -> bool:
        """Wait until done, or until the time is over; tell whether it is done.

        Args:
            seconds: From now.
            every: Seconds, and what to do that often meanwhile; what it raises ends the wait.
        """
        ends = time.monotonic() + seconds
        while every is not None and ends - time.monotonic() > every[0]:
            if self.done.wait(every[0]):
                return True
            every[1]()
        return self.done.wait(max(0.0, ends - time.monotonic()))

    def answer(self, what: str) -> Any:
        """Return what the function returned, once it is done.

        Args:
            what: Leads the message of an error.

        Raises:
            IntegrationError: As it was raised; `PluginError` for any other exception, named by
                type and place only, since its text may hold anything.
            LedgerError: As our own vault raised it.
        """
        if isinstance(self._error, IntegrationError | LedgerError):
            raise self._error
        if self._error is not None:
            raise PluginError(f"{what} raised {where_raised(self._error)}") from None
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._function()
        except BaseException as error:  # noqa: BLE001  # SystemExit and KeyboardInterrupt too
            self._error = error
        finally:
            self.done.set()


def where_raised(error: BaseException) -> str:
    """Name an exception by its type and the line that raised it, never by its text."""
    name = type(error).__name__
    if isinstance(error, ImportError) and error.name:
        name += f" of {error.name}"
    frames = extract_tb(error.__traceback__)
    places = [(one.filename, one.lineno) for one in frames if not one.filename.startswith("<")]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    if not places:
        return name
    file, line = places[-1]
    return f"{name} ({Path(file).name}, line {line})"
