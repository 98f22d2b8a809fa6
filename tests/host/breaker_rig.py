"""Bookings that wait for a vendor: worked off whenever a test says so, by a clock that it steps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.conftest import InstallPlugin
from tests.host.fake_rig import CONFIRMED, Rig, event, moment
from tests.host.fake_vendor import FakeVendor, Fault

from ireserve_integrations import IntegrationHost
from ireserve_integrations.breaker import Standing
from ireserve_integrations.testing.exchange import Reply, Request
from ireserve_integrations.worker import Worker

FIRST_S, LONGEST_S = 5.0, 3600.0
_FUSSY = '''

missing: set[str] = set()
"""The doors that the vendor has not."""
faults: list[Exception] = []
"""What becomes of giving access, while there is any."""


class FussyPlugin(Plugin):
    """Fails before it asks, as a test wants it to."""

    @hookimpl
    def on_status_change(
        self, integration: Integration, change: Change, context: Context
    ) -> Receipt:
        details, _ = load_tab(Details, integration.details, "details")
        triggers, ends = details["trigger_statuses"], details["revoke_statuses"]
        if standing_status(change, {*triggers, *ends}) in triggers and not (
            change.fits or change.ended
        ):
            doors = map_objects(change.booking.objects, integration.mapping).targets
            gone = tuple(sorted(missing.intersection(doors)))
            if gone:
                raise ConfigError("no door is called " + ", ".join(gone), about=gone)
            if faults:
                raise faults[0]
        return super().on_status_change(integration, change, context)
'''


class MoodyVendor(FakeVendor):
    """Says when to come back, and turns some bookings away."""

    def __init__(self) -> None:
        super().__init__()
        self.retry_after: str | None = None
        """In seconds; None to leave it open."""
        self.turned_away: set[str] = set()
        """The bookings for which it makes nothing, and says so."""

    def answer(self, request: Request) -> Reply:
        """Answer a request, or do not."""
        if request.method == "POST" and request.path == "/access" and self._turns_away(request):
            self.fail("make", Fault.UNAVAILABLE)
        reply = super().answer(request)
        later = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return replace(reply, headers=later) if reply.status == 429 else reply

    def _turns_away(self, request: Request) -> bool:
        return request.json["label"].split()[1] in self.turned_away


class _Idle:
    """Stands for upkeep, and for writing back, which these tests are not about."""

    def sweep(self) -> None:
        pass

    def deliver(self) -> datetime | None:
        return None

    def stop(self) -> None:
        pass


class Ward:
    """A ledger, a vendor, and hosts that work off what is due when they are told to."""

    def __init__(self, rig: Rig, vendor: MoodyVendor, plugin: ModuleType) -> None:
        self.rig, self.vendor, self.plugin, self.clock = rig, vendor, plugin, rig.clock

    def configure(self, host: dict[str, float] | None = None, **settings: Any) -> None:
        """Write integrations.toml; one booking at a time unless it says otherwise."""
        patience = {"threads": 1, "retry_first_s": FIRST_S, "retry_longest_s": LONGEST_S}
        self.rig.configure(host=patience | (host or {}), **{"vendor": "fussy"} | settings)

    @property
    def host(self) -> IntegrationHost:
        return self.rig.host

    @contextmanager
    def another_vendor(self) -> Iterator[FakeVendor]:
        """Lend a second vendor, on an address of its own."""
        vendor = FakeVendor()
        with vendor.served(self.clock):
            yield vendor

    def submit(self, *numbers: int, status: str = CONFIRMED, **more: Any) -> None:
        """Hand over a change of each of these bookings."""
        self.host.submit([event(status, id=f"b-{number}", **more) for number in numbers])

    def work(self, host: IntegrationHost | None = None) -> None:
        """Work off what is due now; pairs only."""
        Worker(host or self.host, upkeep=_Idle(), writing_back=_Idle()).run(drain=True)

    def work_after(self, seconds: float) -> None:
        """Step the clock, and work off what is due then."""
        self.clock.step(seconds)
        self.work()

    def work_every(self, seconds: float, times: int) -> None:
        """Step the clock and work, again and again."""
        for _ in range(times):
            self.work_after(seconds)

    def standing(self, host: IntegrationHost | None = None) -> Standing:
        """Return how the vendor stands, as a host sees it."""
        assembly = (host or self.host).assembly
        assert assembly.workshop is not None
        return assembly.workshop.breaker.standing(assembly.roster["main"])

    @property
    def alerts(self) -> list[tuple[str, str, str]]:
        """The cause, booking and subject of every open alert, oldest first."""
        return [(one.cause, one.booking, one.about) for one in self.host.alerts()]

    @property
    def asked(self) -> int:
        """How often the vendor was asked for anything at all."""
        return sum(not line.startswith(("made", "ended")) for line in self.vendor.log)

    def due_in_s(self, number: int) -> float | None:
        """Return in how many seconds a booking's pair is due; None if it owes nothing."""
        rows = self.rig.ask("SELECT booking, due_at FROM pairs")
        [due_at] = [row["due_at"] for row in rows if row["booking"] == f"b-{number}"]
        return None if due_at is None else self._left_s(due_at)

    @property
    def probe_in_s(self) -> float:
        """In how many seconds the vendor may be tried."""
        [row] = self.rig.ask("SELECT probe_at FROM outages")
        return self._left_s(row["probe_at"])

    @property
    def given(self) -> list[str]:
        """The bookings that have access, each as often as it has it."""
        return sorted(one.label.split()[1] for one in self.vendor.live)

    def _left_s(self, column: str) -> float:
        return (moment(column) - self.clock.now).total_seconds()


@contextmanager
def lend_ward(rig: Rig, install_plugin: InstallPlugin) -> Iterator[Ward]:
    """Lend a vendor with moods, reached over loopback through a plugin of its own."""
    source = Path(__file__).with_name("fake_plugin.py").read_text(encoding="utf-8")
    installed = install_plugin("fussy", source + _FUSSY, target=":FussyPlugin", bare=True)
    vendor = MoodyVendor()
    with vendor.served(rig.clock):
        rig.vendor = vendor
        made = Ward(rig, vendor, installed.module)
        made.configure()
        yield made
        rig.close()
