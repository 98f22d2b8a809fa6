"""The table `[host]`: how patient the host is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kit.settings import Tab, load_tab
from ..model import ConfigProblem
from .shape import Number

_BRIEF = 0.01  # seconds; demo and tests shorten everything, but nothing spins
_HOUR = 3_600
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """`[host]`, with its defaults."""

    call_deadline_s: float = 30
    """Of one hook call."""
    late_request_s: float = 60
    """How long after its deadline a request may still reach a vendor."""
    lease_s: float = 30
    """Of a pair; renewed while its worker lives."""
    sweep_s: float = 20
    """Between two looks at what is due."""
    retry_first_s: float = 5
    """The first pause before what failed is tried again; later ones grow."""
    retry_longest_s: float = 3_600
    threads: int = 16
    """Of one worker."""
    keep_customer_days: int = 30
    """After the booking's end."""


class _Host(Tab):
    call_deadline_s = Number(low=_BRIEF, high=600)
    late_request_s = Number(low=0, high=_DAY)
    lease_s = Number(low=_BRIEF, high=_HOUR)
    sweep_s = Number(low=_BRIEF, high=_HOUR)
    retry_first_s = Number(low=_BRIEF, high=_DAY)
    retry_longest_s = Number(low=_BRIEF, high=7 * _DAY)
    threads = Number(low=1, high=256, whole=True)
    keep_customer_days = Number(low=0, high=3_650, whole=True)


def read_host(raw: Mapping[str, Any]) -> tuple[HostSettings, tuple[ConfigProblem, ...]]:
    """Return the settings, defaults in place of what is wrong, and every problem."""
    values, problems = load_tab(_Host, raw, "host")
    host = HostSettings(**values)
    if not problems and host.retry_longest_s < host.retry_first_s:
        message = f"must be at least retry_first_s, {host.retry_first_s:g}"
        return host, (ConfigProblem(path="host.retry_longest_s", message=message),)
    return host, problems
