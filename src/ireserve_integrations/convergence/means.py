"""What working pairs off needs; one per host."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from ..calls import Calls
from ..kit.label import Label
from ..ledger import Ledger
from ..model import Clock, Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The host's parts and patience, as far as a pair is concerned."""

    calls: Calls
    ledger: Ledger
    clock: Clock
    random: Random
    call_deadline_s: float
    late_request_s: float
    lease_s: float
    retry_first_s: float
    retry_longest_s: float

    def pause_s(self, failures: int) -> float:
        """Return the seconds until another try: doubling with every failure before, jittered.

        Between half and the whole of it, so that what failed together is not tried together.
        """
        longest = min(self.retry_first_s * 2.0 ** min(failures, 30), self.retry_longest_s)
        return longest * (1 + self.random.random()) / 2

    def asks(self, integration: Integration) -> bool:
        """Tell whether a change may make something at the vendor, so that a label is due."""
        return integration.active and self.calls.plugins.offers(integration.vendor, "revoke_access")

    def new_label(self, booking: str) -> str:
        """Return a label for one request."""
        number = f"{self.random.getrandbits(32):08x}"
        return str(Label(booking=booking, installation=self.ledger.installation, number=number))

    def call_s(self, ends: float) -> float:
        """Return the seconds that a call may take where all must be over at `ends`."""
        return min(self.call_deadline_s, max(0.0, ends - time.monotonic()))

    def search_at(self, ends: float) -> datetime:
        """Return when a request that is sent from now on can no longer reach the vendor."""
        return self.clock() + timedelta(seconds=self.call_s(ends) + self.late_request_s)
