"""Writing back: what the booking core is told, when, and what becomes of it where that fails."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.host.fake_rig import CANCELLED, CHANGED, FIELD, LATER, START, Rig, event
from tests.host.fake_vendor import Fault

from ireserve_integrations import IntegrationHost
from ireserve_integrations.booking_core import InMemoryCore, Write
from ireserve_integrations.errors import (
    AuthError,
    ConfigError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.ledger import PairKey
from ireserve_integrations.ledger.openings import Claim
from ireserve_integrations.model import Booking
from ireserve_integrations.writing_back import WritingBack

DELAY_S = 5
PATIENCE = {"retry_first_s": 4, "retry_longest_s": 600}
BOOKING = Booking(
    id="15492", start=START, end=START + timedelta(hours=2), status="30", fields={FIELD: ""}
)
WHY = "the token is refused"


class Desk:
    """A host whose booking core is in memory, and what writes back for it."""

    def __init__(self, rig: Rig, core: Any = None, **settings: Any) -> None:
        rig.configure(host=PATIENCE, **settings)
        self.rig = rig
        self.core: Any = core or InMemoryCore(BOOKING)
        self.host = self.another()
        self.writing_back = WritingBack(self.host)

    def another(self) -> IntegrationHost:
        """Open another host on the same ledger and core."""
        return self.rig.open(booking_core=self.core, transport=self.rig.vendor.transport)

    def deliver(self, after_s: float = DELAY_S) -> Any:
        """Deliver what is due after a while."""
        self.rig.clock.step(after_s)
        return self.writing_back.deliver()

    def pause_s(self, after_s: float = 0) -> float:
        """Deliver, and let the clock stand when there is something to do again."""
        again = self.deliver(after_s)
        pause = (again - self.rig.clock.now).total_seconds()
        self.rig.clock.now = again
        return float(pause)

    def held(self, booking: str = "15492") -> str:
        """Return what the reference's field holds."""
        return str(self.core.stored(booking).fields[FIELD])

    def press(self, status: str | None = "98", acted_on: str | None = "30", **fields: str) -> None:
        """Open a lock for the first time."""
        workshop = self.host.assembly.workshop
        assert workshop is not None
        key = PairKey(integration="main", vendor="fake", booking="15492")
        claim = workshop.ledger.openings.claim(key, "front")
        assert isinstance(claim, Claim)
        workshop.ledger.openings.opened(claim, fields, status, acted_on)

    def append(self, table: str) -> None:
        """Write a table more into the configuration."""
        path = self.rig.database.with_name("integrations.toml")
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{table}\n", encoding="utf-8")

    def alerts(self) -> list[tuple[str, str, str]]:
        """Return where an alert is open."""
        return [(one.integration, one.booking, one.about) for one in self.host.alerts()]

    def audit(self, what: str) -> list[dict[str, Any]]:
        """Return the details of the audit's entries of a kind."""
        return [dict(one.detail) for one in self.host.audit() if one.what == what]


@pytest.fixture
def desk(rig_in_memory: Rig) -> Desk:
    return Desk(rig_in_memory)


# --- fields ---------------------------------------------------------------------------------------


def test_a_reference_is_written_once_the_core_has_had_time_to_store(desk: Desk) -> None:
    desk.rig.confirm()

    early = desk.deliver(after_s=DELAY_S - 1)
    written_early = desk.core.writes
    late = desk.deliver(after_s=1)

    assert written_early == ()
    assert early == desk.rig.clock.now
    assert desk.core.writes == (Write(booking="15492", fields={FIELD: "a-1"}),)
    assert late is None


def test_nothing_is_written_twice(desk: Desk) -> None:
    desk.rig.confirm()

    desk.deliver()
    desk.deliver()

    assert len(desk.core.writes) == 1


def test_a_cancelled_booking_has_its_field_emptied(desk: Desk) -> None:
    desk.rig.confirm()
    desk.deliver()
    desk.rig.cancel()

    desk.deliver()

    assert desk.held() == ""


def test_of_several_wishes_only_the_last_is_written(desk: Desk) -> None:
    desk.rig.after(event("30"), event(CHANGED, **LATER))

    desk.deliver()

    assert [one.fields for one in desk.core.writes] == [{FIELD: "a-2"}]


def test_a_moved_booking_whose_field_is_not_told_holds_the_new_reference(desk: Desk) -> None:
    desk.rig.confirm()
    desk.deliver()
    desk.rig.change(held="", **LATER)

    desk.deliver()

    assert desk.rig.vendor.live_ids == ["a-2"]
    assert desk.held() == "a-2"


def test_access_that_was_found_after_a_lost_reply_and_then_ended_leaves_no_reference(
    desk: Desk,
) -> None:
    desk.rig.vendor.fail("make", Fault.LOST_AFTER)
    desk.rig.confirm()
    desk.rig.wait_for_late_requests()
    desk.rig.cancel()

    desk.deliver()

    assert desk.rig.vendor.live_ids == []
    assert desk.held() == ""


def test_a_core_that_does_not_answer_is_asked_again_and_no_vendor_with_it(desk: Desk) -> None:
    desk.rig.confirm()
    asked = len(desk.rig.vendor.log)
    desk.core.fail(UnavailableError("later"))

    again = desk.deliver()
    desk.rig.clock.now = again
    desk.writing_back.deliver()

    assert desk.held() == "a-1"
    assert len(desk.rig.vendor.log) == asked


def test_a_pause_that_the_core_names_is_kept(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(UnavailableError("later", retry_after_s=120))

    again = desk.deliver()

    assert again == desk.rig.clock.now + timedelta(seconds=120)


def test_a_pause_grows_with_every_failure(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(UnavailableError("later"), times=4)

    pauses = [desk.pause_s(after_s=DELAY_S), *(desk.pause_s() for _ in range(3))]

    assert 2 <= pauses[0] <= 4
    assert pauses[0] < pauses[2] <= 16
    assert pauses[1] < pauses[3] <= 32


def test_a_field_whose_reply_was_lost_is_sent_again(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(OutcomeUnknownError("lost"), done=True)

    desk.rig.clock.now = desk.deliver()
    desk.writing_back.deliver()

    assert [one.fields for one in desk.core.writes] == [{FIELD: "a-1"}] * 2
    assert desk.writing_back.deliver() is None


def test_a_newer_wish_while_one_is_under_way_is_not_lost(rig_in_memory: Rig) -> None:
    class CancelledMeanwhile(InMemoryCore):
        def write_fields(self, booking_id: str, fields: Any) -> None:
            super().write_fields(booking_id, fields)
            if len(self.writes) == 1:
                rig_in_memory.cancel()

    desk = Desk(rig_in_memory, core=CancelledMeanwhile(BOOKING))
    rig_in_memory.confirm()

    desk.deliver()
    desk.deliver()

    assert [one.fields for one in desk.core.writes] == [{FIELD: "a-1"}, {FIELD: ""}]


def test_two_writers_do_not_write_the_same(rig_in_memory: Rig) -> None:
    class Beside(InMemoryCore):
        """Another worker delivers while one is writing."""

        def write_fields(self, booking_id: str, fields: Any) -> None:
            beside.deliver()
            super().write_fields(booking_id, fields)

    desk = Desk(rig_in_memory, core=Beside(BOOKING))
    beside = WritingBack(desk.another())
    desk.rig.confirm()

    desk.deliver()

    assert len(desk.core.writes) == 1


def test_what_a_killed_writer_had_claimed_is_written_by_another(desk: Desk) -> None:
    desk.rig.confirm()
    desk.rig.clock.step(DELAY_S)
    workshop = desk.host.assembly.workshop
    assert workshop is not None
    workshop.ledger.write_backs.claim("15492", lasts_s=30)

    desk.pause_s()
    desk.deliver(after_s=0)

    assert desk.held() == "a-1"


def test_a_refused_field_is_an_alert_and_is_tried_again_hourly(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(RejectedError("it does not take this"))

    again = desk.deliver()

    assert desk.alerts() == [("main", "15492", FIELD)]
    assert again == desk.rig.clock.now + timedelta(hours=1)


def test_an_alert_of_a_refused_field_is_closed_when_it_is_written(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(ConfigError("no such field"))

    desk.rig.clock.now = desk.deliver()
    desk.writing_back.deliver()

    assert desk.alerts() == []
    assert desk.held() == "a-1"


def test_an_alert_of_a_refused_field_is_closed_when_a_newer_value_is_written(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(RejectedError("it does not take this"))
    desk.deliver()
    desk.rig.cancel()

    desk.deliver()

    assert desk.alerts() == []
    assert [one.fields for one in desk.core.writes] == [{FIELD: ""}]


def test_a_refused_field_keeps_no_other_from_being_written(desk: Desk) -> None:
    desk.press(status=None, custom20="link", custom21="10:02")
    desk.core.fail(RejectedError("one of them is wrong"), times=2)

    desk.deliver()

    assert [(one.integration, one.booking) for one in desk.host.alerts()] == [("main", "15492")]
    assert len(desk.core.writes) == 1


def test_a_refused_value_of_a_booking_that_is_long_over_is_given_up(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(RejectedError("no such booking"), times=2)
    desk.deliver()

    again = desk.deliver(after_s=timedelta(days=2).total_seconds())

    assert (again, desk.alerts()) == (None, [])


def test_a_core_that_breaks_is_an_alert_that_quotes_nothing(rig_in_memory: Rig) -> None:
    class Broken(InMemoryCore):
        def write_fields(self, booking_id: str, fields: Any) -> None:
            raise ZeroDivisionError("Ada Vos")

    desk = Desk(rig_in_memory, core=Broken(BOOKING))
    desk.rig.confirm()

    desk.deliver()

    [alert] = desk.host.alerts()
    assert "ZeroDivisionError" in alert.message
    assert "Ada" not in alert.message


# --- a core that does not serve -------------------------------------------------------------------


class Failing(InMemoryCore):
    """Counts what it is asked, and fails until it is healed."""

    calls = 0
    error: Exception | None = UnavailableError("down")

    def write_fields(self, booking_id: str, fields: Any) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error
        super().write_fields(booking_id, fields)

    def heal(self) -> None:
        self.error = None


@pytest.fixture
def failing(rig_in_memory: Rig) -> Desk:
    """A desk whose core fails for all of a dozen bookings."""
    desk = Desk(rig_in_memory, core=Failing())
    _many(desk, 12)
    return desk


def _many(desk: Desk, count: int) -> None:
    for number in range(count):
        booking = replace(BOOKING, id=f"b-{number}")
        desk.core.put(booking)
        desk.rig.confirm(id=booking.id)


def test_a_core_that_is_down_is_asked_once_per_pause_and_not_once_per_booking(
    failing: Desk,
) -> None:
    failing.pause_s(after_s=DELAY_S)
    at_once = failing.core.calls
    failing.pause_s()
    failing.pause_s()

    assert at_once <= 4
    assert failing.core.calls == at_once + 2


def test_what_waited_for_a_core_that_was_down_is_written_when_it_is_back(failing: Desk) -> None:
    failing.deliver()
    failing.core.heal()

    again = failing.deliver(after_s=PATIENCE["retry_longest_s"])

    assert again is None
    assert len({one.booking for one in failing.core.writes}) == 12


def test_a_core_that_stays_silent_is_one_alert_until_it_answers(failing: Desk) -> None:
    failing.pause_s(after_s=DELAY_S)
    pauses = [failing.pause_s() for _ in range(8)]
    silent = failing.alerts()
    failing.core.heal()
    failing.deliver()

    assert max(pauses) <= 60
    assert silent == [("", "", "the booking core")]
    assert failing.alerts() == []


def test_a_refused_token_is_one_alert_in_the_words_of_the_core(failing: Desk) -> None:
    failing.core.error = AuthError(WHY)

    again = failing.deliver()

    [alert] = failing.host.alerts()
    assert "[booking_core]" in alert.message
    assert "Authentication tab" not in alert.message
    assert again == failing.rig.clock.now + timedelta(minutes=10)


def test_a_token_that_is_accepted_again_lets_everything_be_written(failing: Desk) -> None:
    failing.core.error = AuthError(WHY)
    failing.pause_s(after_s=DELAY_S)
    failing.core.heal()

    again = failing.deliver(after_s=0)

    assert (again, failing.alerts()) == (None, [])
    assert len(failing.core.writes) == 12


def test_another_token_is_tried_at_once(desk: Desk) -> None:
    desk.rig.confirm()
    desk.core.fail(AuthError(WHY), times=1)
    desk.deliver()
    desk.append('[booking_core]\nkind = "ireserve"\nbase_url = "https://core.example"\ntoken = "2"')
    desk.host.reload()

    again = desk.writing_back.deliver()

    assert (again, desk.alerts(), desk.held()) == (None, [], "a-1")


def test_a_slow_booking_does_not_stop_the_others(rig_in_memory: Rig) -> None:
    held, others = threading.Event(), threading.Event()

    class Slow(InMemoryCore):
        def write_fields(self, booking_id: str, fields: Any) -> None:
            if booking_id == "b-0":
                assert others.wait(20)
                held.set()
            super().write_fields(booking_id, fields)
            if len(self.writes) == 11:
                others.set()

    desk = Desk(rig_in_memory, core=Slow())
    _many(desk, 12)

    desk.deliver()

    assert held.is_set()
    assert len(desk.core.writes) == 12


# --- the status -----------------------------------------------------------------------------------


def test_a_first_opening_writes_its_field_and_then_moves_the_status(desk: Desk) -> None:
    desk.press(custom21="10:02")

    desk.deliver()

    assert desk.core.writes == (
        Write(booking="15492", fields={"custom21": "10:02"}),
        Write(booking="15492", status="98"),
    )


def test_a_status_waits_until_the_core_shows_the_one_that_was_acted_on(desk: Desk) -> None:
    desk.core.put(replace(BOOKING, status="20"))
    desk.press()

    again = desk.deliver()
    waiting = desk.core.writes
    desk.core.put(BOOKING)
    desk.rig.clock.now = again
    desk.writing_back.deliver()

    assert waiting == ()
    assert [one.status for one in desk.core.writes] == ["98"]


def test_a_status_that_the_core_shows_already_is_not_written(desk: Desk) -> None:
    desk.core.put(replace(BOOKING, status="98"))
    desk.press()

    again = desk.deliver()

    assert (again, desk.core.writes, desk.alerts()) == (None, (), [])


def test_a_status_is_dropped_quietly_once_a_newer_change_is_known(desk: Desk) -> None:
    desk.press()
    desk.rig.dispatch(event(CANCELLED))
    desk.core.fail(UnavailableError("nobody has to ask"))

    again = desk.deliver()

    assert (again, desk.core.writes, desk.alerts()) == (None, (), [])
    assert [one["why"] for one in desk.audit("not written")] == ["a newer change is known"]


def test_a_change_that_comes_while_the_core_is_read_keeps_the_status_unwritten(
    rig_in_memory: Rig,
) -> None:
    class CancelledMeanwhile(InMemoryCore):
        def read_booking(self, booking_id: str) -> Booking | None:
            rig_in_memory.host.submit(event(CANCELLED))
            return super().read_booking(booking_id)

    desk = Desk(rig_in_memory, core=CancelledMeanwhile(BOOKING))
    desk.press()

    desk.deliver()

    assert desk.core.writes == ()
    assert desk.alerts() == []


def test_a_change_that_came_late_and_is_older_keeps_no_status_from_being_written(
    desk: Desk,
) -> None:
    desk.host.submit(event("30", sequence=7))
    desk.press()
    desk.host.submit(event("20", sequence=3))

    desk.deliver()

    assert [one.status for one in desk.core.writes] == ["98"]


def test_a_change_at_the_same_status_keeps_no_status_from_being_written(desk: Desk) -> None:
    desk.host.submit(event("30", event_id="e-1"))
    desk.press()
    desk.host.submit(event("30", event_id="e-2"))  # such as the core tells of a written field

    desk.deliver()

    assert [one.status for one in desk.core.writes] == ["98"]


def test_a_status_is_dropped_with_an_alert_after_a_quarter_of_an_hour(desk: Desk) -> None:
    desk.core.put(replace(BOOKING, status="20"))
    desk.press()
    desk.deliver()

    early = desk.deliver(after_s=14 * 60)
    open_early = desk.alerts()
    again = desk.deliver(after_s=60)

    [alert] = desk.host.alerts()
    assert (early > desk.rig.clock.now - timedelta(minutes=1), open_early) == (True, [])
    assert again is None
    assert (alert.integration, alert.booking, alert.cause) == ("main", "15492", "not written")
    assert "shows status 20 and not 30" in alert.message


def test_a_status_is_dropped_with_an_alert_while_the_core_is_down(desk: Desk) -> None:
    desk.press()
    desk.core.fail(UnavailableError("down", retry_after_s=600), times=100)
    desk.deliver()
    desk.deliver(after_s=600)

    desk.deliver(after_s=301)

    assert ("main", "15492", "the status") in desk.alerts()


def test_a_status_that_the_core_refuses_is_dropped_with_an_alert(desk: Desk) -> None:
    desk.press()
    desk.core.fail(RejectedError("no such status"), call="move_status")

    again = desk.deliver()

    assert again is None
    assert desk.alerts() == [("main", "15492", "the status")]


def test_a_status_whose_reply_was_lost_is_looked_up_and_not_sent_again(desk: Desk) -> None:
    desk.press()
    desk.core.fail(OutcomeUnknownError("lost"), call="move_status", done=True)

    desk.rig.clock.now = desk.deliver()
    again = desk.writing_back.deliver()

    assert again is None
    assert [one.status for one in desk.core.writes] == ["98"]


def test_a_core_that_cannot_be_read_is_written_unchecked(rig_in_memory: Rig) -> None:
    desk = Desk(rig_in_memory, core=InMemoryCore(replace(BOOKING, status="20"), readable=False))
    desk.press()

    desk.deliver()

    assert [one.status for one in desk.core.writes] == ["98"]


def test_a_status_that_is_refused_keeps_no_field_from_being_written(desk: Desk) -> None:
    desk.press(custom21="10:02")
    desk.core.fail(RejectedError("no such status"), call="move_status")

    desk.deliver()

    assert [dict(one.fields) for one in desk.core.writes] == [{"custom21": "10:02"}]


# --- what is said of it ---------------------------------------------------------------------------


def test_the_audit_names_fields_and_the_status_and_no_value(desk: Desk) -> None:
    desk.press(custom21="secret link")

    desk.deliver()

    assert desk.audit("wrote") == [{"fields": ["custom21"]}, {"status": "98"}]
    assert "secret link" not in str(list(desk.host.audit()))


def test_fields_of_two_integrations_are_written_at_once_and_noted_for_each(
    rig_in_memory: Rig,
) -> None:
    desk = Desk(rig_in_memory, integrations=("main", "other"))
    desk.rig.confirm()

    desk.deliver()

    wrote = {one.integration: dict(one.detail) for one in desk.host.audit() if one.what == "wrote"}
    assert [sorted(one.fields) for one in desk.core.writes] == [[FIELD, f"{FIELD}1"]]
    assert wrote == {"main": {"fields": [FIELD]}, "other": {"fields": [f"{FIELD}1"]}}


def test_without_a_booking_core_nothing_is_wanted(rig_in_memory: Rig) -> None:
    rig_in_memory.open_in_memory()
    rig_in_memory.confirm()

    assert WritingBack(rig_in_memory.host).deliver() is None


def test_a_writer_that_is_stopped_begins_no_other_booking(desk: Desk) -> None:
    desk.rig.confirm()
    desk.writing_back.stop()

    desk.deliver()

    assert desk.core.writes == ()
