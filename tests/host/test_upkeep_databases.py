"""Writing back and upkeep on each kind of database: their statements mean the same there."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.host.fake_rig import CANCELLED, CONFIRMED, FIELD, Rig, event
from tests.host.fake_vendor import Fault
from tests.host.test_writing_back import BOOKING, DELAY_S

from ireserve_integrations import IntegrationHost
from ireserve_integrations.assembly import Workshop
from ireserve_integrations.booking_core import InMemoryCore
from ireserve_integrations.errors import UnavailableError
from ireserve_integrations.ledger import PairKey
from ireserve_integrations.ledger.openings import Claim
from ireserve_integrations.ledger.reports import seen_in
from ireserve_integrations.upkeep import Upkeep
from ireserve_integrations.writing_back import WritingBack

HOUR, DAY = 3_600.0, 86_400.0


class Place:
    """A host on a database, its core, and what a worker of it does."""

    def __init__(self, rig: Rig, url: str) -> None:
        self.rig, self.core = rig, InMemoryCore(BOOKING)
        self.host: IntegrationHost = rig.open(
            database=url, booking_core=self.core, transport=rig.vendor.transport
        )
        self.upkeep, self.writing_back = Upkeep(self.host, pace_s=0.01), WritingBack(self.host)

    @property
    def workshop(self) -> Workshop:
        assert self.host.assembly.workshop is not None
        return self.host.assembly.workshop

    def press(self) -> None:
        """Open a lock for the first time."""
        key = PairKey(integration="main", vendor="fake", booking="15492")
        claim = self.workshop.ledger.openings.claim(key, "front")
        assert isinstance(claim, Claim)
        self.workshop.ledger.openings.opened(claim, {}, "98", "30")

    def alerts(self) -> list[tuple[str, str]]:
        return [(one.cause, one.booking) for one in self.host.alerts()]


@pytest.fixture
def place(rig_in_memory: Rig, ledger_url: str) -> Iterator[Place]:
    place = Place(rig_in_memory, ledger_url)
    yield place
    place.upkeep.stop()
    rig_in_memory.close()


def test_a_value_is_claimed_once_and_delivered(place: Place) -> None:
    place.rig.confirm()
    place.rig.clock.step(DELAY_S)
    write_backs = place.workshop.ledger.write_backs

    ours = write_backs.claim("15492", lasts_s=30)
    theirs = write_backs.claim("15492", lasts_s=30)
    waits_until = write_backs.next_at()
    write_backs.release(ours)
    again = place.writing_back.deliver()

    assert [(one.name, one.value) for one in ours] == [(FIELD, "a-1")]
    assert theirs == []
    assert waits_until is not None
    assert waits_until > place.rig.clock.now
    assert again is None
    assert place.core.stored("15492").fields[FIELD] == "a-1"


def test_a_core_that_is_down_is_waited_for(place: Place) -> None:
    place.rig.confirm()
    place.rig.clock.step(DELAY_S)
    place.core.fail(UnavailableError("down"))

    again = place.writing_back.deliver()
    assert again is not None
    place.rig.clock.now = again
    place.writing_back.deliver()

    assert place.core.stored("15492").fields[FIELD] == "a-1"


def test_a_status_is_dropped_once_a_newer_change_is_known(place: Place) -> None:
    place.press()
    place.host.submit(event(CANCELLED))
    place.rig.clock.step(DELAY_S)

    again = place.writing_back.deliver()

    assert (again, place.core.writes, place.alerts()) == (None, (), [])


def test_an_alert_of_a_status_that_came_too_late_is_closed_by_the_next_change(
    place: Place,
) -> None:
    place.host.submit(event(CONFIRMED))
    place.core.put(replace(BOOKING, status="20"))
    place.press()
    place.rig.clock.step(16 * 60)
    place.writing_back.deliver()
    before = place.alerts()
    place.upkeep.sweep()
    meanwhile = place.alerts()
    place.rig.clock.step(1)
    place.host.submit(event(CANCELLED))

    place.upkeep.sweep()

    assert before == [("not written", "15492")]
    assert ("not written", "15492") in meanwhile
    assert place.alerts() == []


def test_a_status_that_is_late_is_given_up_while_the_core_is_down(place: Place) -> None:
    place.press()
    place.rig.clock.step(DELAY_S)
    place.core.fail(UnavailableError("down", retry_after_s=1_000))
    place.writing_back.deliver()
    place.rig.clock.step(15 * 60)

    place.writing_back.deliver()

    assert place.alerts() == [("not written", "15492")]


def test_missing_access_is_an_alert_that_closes_when_the_booking_is_over(place: Place) -> None:
    place.rig.vendor.keep_failing("make", Fault.UNAVAILABLE)
    place.rig.confirm()
    place.rig.clock.step(HOUR)

    place.upkeep.sweep()
    before = place.alerts()
    place.rig.clock.step(DAY)
    place.upkeep.sweep()

    assert before == [("not there", "15492")]
    assert place.alerts() == []


def test_what_events_showed_is_read_without_the_key(place: Place, ledger_url: str) -> None:
    place.host.submit(event(CONFIRMED))

    found = seen_in(ledger_url)

    assert found.statuses == {"30"}
    assert found.fields == {FIELD}


def test_where_there_is_no_ledger_nothing_was_seen_and_nothing_is_made(ledger_url: str) -> None:
    found = [seen_in(ledger_url), seen_in(ledger_url)]

    assert [one.statuses for one in found] == [frozenset(), frozenset()]
