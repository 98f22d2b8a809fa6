"""Writing back over real HTTP: what i-Reserve is told of an opening, and what it says of that."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import OpenHost
from tests.host.fake_rig import Clock
from tests.saltoks.opening_rig import Office, toml

from ireserve_integrations import IntegrationHost
from ireserve_integrations.booking_core.sandbox import IreserveSandbox
from ireserve_integrations.writing_back import WritingBack
from ireserve_saltoks.sandbox import SaltoksSandbox

TIMES = {"date_from": "2026-11-21T10:00:00+0100", "date_till": "2026-11-21T12:00:00+0100"}
DELAY_S = 5


class Town:
    """A booking core, a door, and the host between them; the IQ is activated."""

    def __init__(
        self, host: IntegrationHost, core: IreserveSandbox, salto: SaltoksSandbox, clock: Clock
    ) -> None:
        self.host, self.core, self.salto, self.clock = host, core, salto, clock
        self._writing_back = WritingBack(host)
        Office(host, salto).activate()

    def reach(self, status: str) -> None:
        """Let the booking reach a status; i-Reserve tells us before it stores it."""
        self.host.dispatch(self.core.change_status("15492", status))

    def open(self) -> str:
        """Press the button; return the outcome."""
        return self.host.open_lock("salto-main", "15492")[0].outcome

    def deliver(self) -> datetime | None:
        """Deliver what is due after the delay."""
        self.clock.step(DELAY_S)
        return self._writing_back.deliver()

    def echo(self) -> list[str]:
        """Let i-Reserve tell of the booking as it is stored; return what came of that."""
        return [one.outcome for one in self.host.dispatch(self.core.booking("15492"))]

    @property
    def written(self) -> list[tuple[list[str], str | None]]:
        """Which fields and which status i-Reserve was told."""
        return [(list(one.fields), one.status) for one in self.core.writes]


def _text(core: IreserveSandbox, salto: SaltoksSandbox) -> str:
    """Return integrations.toml."""
    reached = "\n".join(f'{name} = "{text}"' for name, text in core.booking_core().items())
    return f"[booking_core]\n{reached}\n{toml(salto.integration())}"


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    return clock


@pytest.fixture
def town(clock: Clock, open_host: OpenHost, environ: Mapping[str, str]) -> Iterator[Town]:
    with SaltoksSandbox(clock=clock) as salto, IreserveSandbox(clock=clock) as core:
        core.put_booking("15492", status_code="20", object_id="17", **TIMES)
        surroundings = {**environ, **salto.environment()}
        host = open_host(_text(core, salto), clock=clock, environ=surroundings)
        yield Town(host, core, salto, clock)


def test_a_first_opening_reaches_the_booking_core(town: Town) -> None:
    town.reach("30")
    town.open()

    again = town.deliver()

    assert again is None
    assert town.written == [(["custom21"], None), ([], "98")]
    assert town.core.booking("15492")["status_code"] == 98
    assert town.core.booking("15492")["custom21"] == "2026-11-21T10:30:00+0100"


def test_a_status_that_we_caused_and_that_comes_back_does_nothing_twice(town: Town) -> None:
    town.reach("30")
    town.open()
    town.deliver()
    told = list(town.written)

    outcomes = [town.echo(), town.echo()]
    again = [town.deliver(), town.deliver()]

    assert outcomes == [["unchanged"], ["unchanged"]]
    assert again == [None, None]
    assert town.written == told
    assert len(town.salto.openings) == 1


def test_a_door_that_was_opened_before_is_opened_again_and_nothing_more_is_written(
    town: Town,
) -> None:
    town.reach("30")
    town.open()
    town.deliver()
    town.echo()
    told = list(town.written)
    town.clock.step(60)

    outcome = town.open()
    town.deliver()

    assert outcome == "opened"
    assert town.written == told


def test_the_check_in_waits_until_i_reserve_has_stored_what_it_told_us(town: Town) -> None:
    town.core.store_delay_s = 20
    town.reach("30")
    town.open()
    town.deliver()
    early = [status for _, status in town.written]
    town.clock.step(60)

    town.deliver()

    assert early == [None]
    assert [status for _, status in town.written] == [None, "98"]


def test_a_booking_that_is_cancelled_meanwhile_is_not_checked_in(town: Town) -> None:
    town.reach("30")
    town.open()
    town.reach("70")

    town.deliver()
    town.deliver()

    assert town.core.booking("15492")["status_code"] == 70
    assert town.written == [(["custom21"], None)]


def test_an_outage_of_i_reserve_is_made_good_without_a_second_opening(town: Town) -> None:
    town.core.fault("rate_limited")
    town.reach("30")
    town.open()
    town.deliver()
    during = list(town.written)
    town.clock.step(600)

    town.deliver()

    assert during == []
    assert town.written == [(["custom21"], None), ([], "98")]
    assert len(town.salto.openings) == 1


def test_a_token_that_i_reserve_refuses_is_an_alert_until_there_is_another(
    town: Town, config_file: Callable[[str], Path]
) -> None:
    town.core.fault("expired_token")
    town.reach("30")
    town.open()
    town.deliver()
    [alert] = town.host.alerts()
    refused = town.core.token
    town.core.renew_token()
    config_file(_text(town.core, town.salto))
    town.host.reload()

    town.deliver()

    assert "[booking_core]" in alert.message
    assert refused not in alert.message
    assert town.host.alerts() == []
    assert town.written == [(["custom21"], None), ([], "98")]
