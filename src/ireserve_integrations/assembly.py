"""What a configuration makes of a host: its parts, put together anew when the file changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Self

from .administration import Administration
from .backlog import Backlog
from .booking_core import BookingCore, open_booking_core
from .breaker import Breaker
from .calls import Calls
from .config import BookingCoreSettings, Configuration, HostSettings, check_platform_tables
from .convergence import Convergence, Means
from .ledger import Ledger
from .plugins import Plugins
from .roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The parts that work on the ledger."""

    ledger: Ledger
    means: Means
    backlog: Backlog
    breaker: Breaker
    core: BookingCore | None
    """None where nobody writes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The parts of a host under one configuration."""

    configuration: Configuration
    roster: Roster
    administration: Administration
    workshop: Workshop | None
    """None for a host without its ledger."""

    @property
    def settings(self) -> HostSettings:
        """`[host]`."""
        return self.configuration.host

    @classmethod
    def put_together(
        cls,
        configuration: Configuration,
        *,
        plugins: Plugins,
        calls: Calls,
        ledger: Callable[[HostSettings], Ledger | None],
        core: BookingCore | None,
        random: Random,
        environ: Mapping[str, str],
    ) -> Self:
        """Make the parts.

        Args:
            configuration: As read.
            plugins: The host's.
            calls: The host's.
            ledger: Opens it, or returns the one that is open; called when the settings are read.
            core: Instead of the one that `[booking_core]` names.
            random: For labels and jitter.
            environ: Where platform settings come from.

        Raises:
            ConfigError: A platform table cannot be used, which concerns the whole file.
            LedgerError: The ledger cannot be opened.
        """
        check_platform_tables(configuration, [one.name for one in plugins.statuses])
        settings = configuration.host
        roster = Roster(
            configuration, plugins, environ=environ, deadline_s=settings.call_deadline_s
        )
        administration = Administration(
            roster=roster, calls=calls, call_deadline_s=settings.call_deadline_s
        )
        workshop, opened = None, ledger(settings)
        if opened is not None:
            means = _means(settings, calls, opened, random)
            workshop = _equip(configuration, roster, means, core)
        return cls(
            configuration=configuration,
            roster=roster,
            administration=administration,
            workshop=workshop,
        )


def _means(settings: HostSettings, calls: Calls, ledger: Ledger, random: Random) -> Means:
    return Means(
        calls=calls,
        ledger=ledger,
        clock=ledger.clock,
        random=random,
        call_deadline_s=settings.call_deadline_s,
        late_request_s=settings.late_request_s,
        lease_s=settings.lease_s,
        retry_first_s=settings.retry_first_s,
        retry_longest_s=settings.retry_longest_s,
    )


def _equip(
    configuration: Configuration, roster: Roster, means: Means, given: BookingCore | None
) -> Workshop:
    """Make what works on the ledger, and notice which settings are other ones than before."""
    typed = configuration.booking_core
    core = given or open_booking_core(typed, lambda: means.calls.lend_http(means.call_deadline_s))
    delay_s = (typed or BookingCoreSettings()).write_delay_s
    means.ledger.tune(lease_s=means.lease_s, write_delay_s=None if core is None else delay_s)
    breaker = Breaker(ledger=means.ledger, means=means, calls=means.calls)
    for member in roster.values():
        breaker.take_settings(member)
    return Workshop(
        ledger=means.ledger,
        means=means,
        backlog=Backlog(
            roster=roster,
            convergence=Convergence(means=means),
            breaker=breaker,
            threads=configuration.host.threads,
        ),
        breaker=breaker,
        core=core,
    )
