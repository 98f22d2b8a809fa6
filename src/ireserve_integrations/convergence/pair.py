"""Takes a pair, walks it through the steps, gives it back."""

import time
from dataclasses import dataclass, replace

from ..errors import IntegrationError, UnavailableError
from ..ledger import Lease, LeaseLostError, PairKey
from ..model import Integration, Outcome
from .decide import decide, withdraw_unwanted
from .end import end
from .means import Means
from .owed import owed
from .settle import settle
from .tell import failed, tell
from .work import Instruction, Work

_FIRST_LOOK_S = 0.005  # how soon a pair that another worker holds is looked at again, doubling
_LONGEST_LOOK_S = 0.1
_USUAL = Instruction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What became of a pair, and what was heard of its vendor."""

    outcome: Outcome
    held: bool = True
    """False where another worker has the pair."""
    asked_vendor: bool = False
    """Whether any call reached out for the vendor."""
    silence: IntegrationError | None = None
    """Why the vendor did not serve the last of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """Works off one host's pairs."""

    means: Means

    def converge(
        self,
        integration: Integration,
        key: PairKey,
        *,
        field: str | None,
        ends: float,
        warnings: tuple[str, ...] = (),
        instruction: Instruction = _USUAL,
    ) -> Walk:
        """Work one pair off here.

        Args:
            integration: As configured now.
            key: The pair.
            field: The booking field that holds references, if the integration has one.
            ends: When to stop, by `time.monotonic()`.
            warnings: What the outcome is to say besides.
            instruction: Where it is not the usual way.
        """
        lease = self._take(integration, key, field, ends, instruction)
        if lease is None:
            return _lost(key, "another worker has this booking", warnings)
        try:
            work = Work(
                means=self.means,
                integration=integration,
                lease=lease,
                field=field,
                ends=ends,
                instruction=instruction,
            )
            outcome = _walk(work)
            return Walk(
                outcome=replace(outcome, warnings=(*warnings, *outcome.warnings)),
                asked_vendor=work.asked_vendor,
                silence=work.silence,
            )
        except LeaseLostError:
            return _lost(key, "another worker took this booking over", warnings)
        finally:
            lease.release()

    def _take(
        self,
        integration: Integration,
        key: PairKey,
        field: str | None,
        ends: float,
        instruction: Instruction,
    ) -> Lease | None:
        """Take the pair, waiting until `ends`; a label is on disk with it if one may be needed."""
        means, asks, pause = self.means, self.means.asks(integration), _FIRST_LOOK_S
        while True:
            lease = means.ledger.desk.take(
                key,
                field=field,
                label=means.new_label(key.booking) if asks else None,
                search_at=means.search_at(ends),
                only_due=instruction.only_due,
            )
            if lease is not None or not instruction.wait or time.monotonic() + pause >= ends:
                return lease
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_S)


def _walk(work: Work) -> Outcome:
    try:
        settle(work)
        decide(work)
    except IntegrationError as error:
        work.error = error
        withdraw_unwanted(work)
        work.lease.commit(owed=owed(work), release=not work.to_end)
    end(work)
    return tell(work)


def _lost(key: PairKey, why: str, warnings: tuple[str, ...]) -> Walk:
    return Walk(outcome=failed(key, UnavailableError(why), warnings), held=False)
