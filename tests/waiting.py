"""Waiting for a condition, rather than for a time."""

import time
from collections.abc import Callable

_LOOK_S = 0.02


def wait_until(holds: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Wait until a condition holds; fail where it does not within the seconds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "what was waited for did not come"
        time.sleep(_LOOK_S)
