"""Takes a pair, walks it through the steps, gives it back."""

import time
from dataclasses import dataclass, replace

from ..errors import IntegrationError, UnavailableError
from ..ledger import Lease, LeaseLostError, PairKey
from ..model import Integration, Outcome
from .decide import decide
from .end import end
from .means import Means
from .settle import settle
from .tell import failed, tell
from .work import Work

_FIRST_LOOK_S = 0.005  # how soon a pair that another worker holds is looked at again, doubling
_LONGEST_LOOK_S = 0.1


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
    ) -> Outcome:
        """Work one pair off here.

        Args:
            integration: As configured now.
            key: The pair.
            field: The booking field that holds references, if the integration has one.
            ends: When to stop, by `time.monotonic()`.
            warnings: What the outcome is to say besides.
        """
        lease = self._take(integration, key, field, ends)
        if lease is None:
            return failed(key, UnavailableError("another worker has this booking"), warnings)
        try:
            work = Work(
                means=self.means, integration=integration, lease=lease, field=field, ends=ends
            )
            outcome = _walk(work)
            return replace(outcome, warnings=(*warnings, *outcome.warnings))
        except LeaseLostError:
            return failed(key, UnavailableError("another worker took this booking over"), warnings)
        finally:
            lease.release()

    def _take(
        self, integration: Integration, key: PairKey, field: str | None, ends: float
    ) -> Lease | None:
        """Wait for the pair until `ends`; a label is on disk with it if one may be needed."""
        means, asks, pause = self.means, self.means.asks(integration), _FIRST_LOOK_S
        while True:
            lease = means.ledger.desk.take(
                key,
                field=field,
                label=means.new_label(key.booking) if asks else None,
                search_at=means.search_at(ends),
            )
            if lease is not None or time.monotonic() + pause >= ends:
                return lease
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_S)


def _walk(work: Work) -> Outcome:
    try:
        settle(work)
        decide(work)
    except IntegrationError as error:
        work.error = error
        work.lease.commit(owed=work.owed(), release=not work.to_end)
    end(work)
    return tell(work)
