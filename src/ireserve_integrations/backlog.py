"""The pairs of some bookings, worked off side by side until a deadline."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from .breaker import Breaker, Standing
from .convergence import Convergence, Instruction, Walk, failed
from .errors import ConfigError, IntegrationError, LedgerError, PluginError, UnavailableError
from .hook_thread import where_raised
from .ledger import PairKey
from .model import Outcome
from .roster import Member, Roster

_USUAL = Instruction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Works off what bookings owe; one per host."""

    roster: Roster
    convergence: Convergence
    breaker: Breaker
    threads: int

    def work_off(
        self,
        bookings: Mapping[str, tuple[str, ...]],
        ends: float,
        progress: Callable[[Outcome], None],
        *,
        unknown: Collection[str] = (),
    ) -> list[Outcome]:
        """Work every pair of these bookings off.

        Args:
            bookings: Their ids, with what their outcomes are to say besides.
            ends: When to stop, by `time.monotonic()`.
            progress: Called with each outcome as it comes, from any thread.
            unknown: Those of them of which the ledger knows nothing, so that nothing is owed.

        Returns:
            By booking, then in the order of the integrations.
        """

        def worked(key: PairKey) -> Outcome:
            warnings = bookings[key.booking]
            if key.booking in unknown:
                outcome = Outcome(**key.as_columns(), outcome="skipped", warnings=warnings)
            else:
                outcome = self.walk(key, ends, warnings=warnings).outcome
            progress(outcome)
            return outcome

        keys = self._pairs(list(bookings))
        if len(keys) <= 1:
            return [worked(key) for key in keys]
        with ExitStack() as stack:
            pools = {  # each its own, so that one vendor's silence takes no other's turn
                name: stack.enter_context(ThreadPoolExecutor(self.threads, name))
                for name in {key.integration for key in keys}
            }
            begun = [pools[key.integration].submit(worked, key) for key in keys]
            for one in begun:
                stack.callback(one.cancel)  # after Ctrl-C, what has not begun stays owed
            return [outcome.result() for outcome in begun]

    def _pairs(self, bookings: list[str]) -> list[PairKey]:
        """Return every booking's pairs: the configured ones, then those that hold access still."""
        vendors = self.roster.vendors
        holders = self.convergence.means.ledger.holders(bookings)
        left_behind = [key for key in holders if vendors.get(key.integration) != key.vendor]
        return [key for booking in bookings for key in _of(booking, vendors, left_behind)]

    def walk(
        self,
        key: PairKey,
        ends: float,
        *,
        warnings: tuple[str, ...] = (),
        instruction: Instruction = _USUAL,
        admitted: bool = False,
    ) -> Walk:
        """Work one pair off here, and say whether another worker has it.

        Args:
            key: The pair.
            ends: When to stop, by `time.monotonic()`.
            warnings: What the outcome is to say besides.
            instruction: Where it is not the usual way.
            admitted: Whether the breaker has let it through already, to try a vendor that is down.
        """
        try:
            member = self._usable(key, ends)
            standing = Standing.DOWN
            if not admitted:
                standing = self.breaker.admit(member, early=instruction.wait)
            walk = self._converge(member, key, ends, warnings, instruction)
            if walk.silence is not None or standing is not Standing.FINE:
                self.breaker.hear(member, walk)
        except IntegrationError as error:
            return Walk(outcome=failed(key, error, warnings))
        except LedgerError as error:
            return Walk(outcome=failed(key, UnavailableError(str(error)), warnings))
        except Exception as error:  # noqa: BLE001  # one pair's must not take the others' outcomes
            return Walk(outcome=failed(key, _unusable(key, error), warnings))
        return walk

    def _usable(self, key: PairKey, ends: float) -> Member:
        """Return the pair's member, if there is one that works, and time.

        Raises:
            IntegrationError: Why not.
        """
        if self.roster.vendors.get(key.integration) != key.vendor:
            raise _left_behind(key)
        member = self.roster[key.integration]
        if member.fault is not None:
            raise member.fault
        if time.monotonic() >= ends:
            raise UnavailableError("its turn did not come before the deadline")
        return member

    def _converge(
        self,
        member: Member,
        key: PairKey,
        ends: float,
        warnings: tuple[str, ...],
        instruction: Instruction,
    ) -> Walk:
        return self.convergence.converge(
            member.integration,
            key,
            field=member.reference_field,
            ends=ends,
            warnings=warnings,
            instruction=instruction,
        )


def _of(
    booking: str, vendors: Mapping[str, str], left_behind: Iterable[PairKey]
) -> Iterable[PairKey]:
    for integration, vendor in vendors.items():
        yield PairKey(integration=integration, vendor=vendor, booking=booking)
    yield from (key for key in left_behind if key.booking == booking)


def _left_behind(key: PairKey) -> ConfigError:
    return ConfigError(
        f"integration {key.integration} of vendor {key.vendor} is configured no more, and what it "
        "gave for this booking may still open doors: configure it again, or end it in the vendor's "
        "portal"
    )


def _unusable(key: PairKey, error: Exception) -> PluginError:
    where = where_raised(error)
    return PluginError(f"what plugin {key.vendor} answered cannot be used: {where}")
