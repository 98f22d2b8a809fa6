"""The audit: what came in, was decided, asked, answered and written; and what it never says."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.host.command_line import Workplace
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, FIELD, LATER, Rig, event
from tests.host.fake_vendor import Fault
from tests.host.test_writing_back import BOOKING, DELAY_S

from ireserve_integrations import IntegrationHost
from ireserve_integrations.booking_core import InMemoryCore
from ireserve_integrations.errors import RejectedError
from ireserve_integrations.upkeep import Upkeep
from ireserve_integrations.writing_back import WritingBack

HOUR = 3_600.0
LINK = "https://open.example/secret-link"


@pytest.fixture
def core() -> InMemoryCore:
    return InMemoryCore(BOOKING)


@pytest.fixture
def host(rig_in_memory: Rig, core: InMemoryCore) -> IntegrationHost:
    return rig_in_memory.open(booking_core=core, transport=rig_in_memory.vendor.transport)


def _whats(host: IntegrationHost, booking: str | None = None) -> list[str]:
    return [entry.what for entry in host.audit(booking)]


def test_a_change_can_be_followed_from_the_door_to_the_booking_core(
    host: IntegrationHost, rig_in_memory: Rig
) -> None:
    rig_in_memory.confirm()
    rig_in_memory.clock.step(DELAY_S)
    WritingBack(host).deliver()

    entries = {entry.what: entry for entry in host.audit("15492")}

    assert {"came in", "label", "answer", "grant", "wrote"} <= entries.keys()
    assert entries["came in"].detail["status"] == CONFIRMED
    assert entries["answer"].detail["outcome"] == "granted"
    assert entries["grant"].detail["reference"] == "a-1"
    assert entries["wrote"].detail["fields"] == [FIELD]
    assert _whats(host)[0] == "came in"
    assert _whats(host)[-1] == "wrote"


def test_a_failure_says_its_kind(host: IntegrationHost, rig_in_memory: Rig) -> None:
    rig_in_memory.vendor.fail("make", Fault.REFUSED)

    rig_in_memory.confirm()

    kinds = [one.detail.get("error") for one in host.audit("15492") if one.what == "answer"]
    assert kinds == ["RejectedError"]


def test_the_audit_of_a_booking_leaves_others_out(
    host: IntegrationHost, rig_in_memory: Rig
) -> None:
    rig_in_memory.confirm(id="1")
    rig_in_memory.confirm(id="2")

    assert {entry.booking for entry in host.audit("2")} == {"2"}
    assert {entry.booking for entry in host.audit()} >= {"1", "2"}


def test_a_long_audit_is_read_page_by_page(host: IntegrationHost) -> None:
    host.submit([event(CONFIRMED, id=f"b-{number}") for number in range(1_100)])

    found = [entry.booking for entry in host.audit() if entry.what == "came in"]

    assert found == [f"b-{number}" for number in range(1_100)]


# --- what nobody reads there ----------------------------------------------------------------------


class Story:
    """Everything that may happen to a person's booking, and everything that was said of it."""

    def __init__(
        self, host: IntegrationHost, rig: Rig, core: InMemoryCore, person: Mapping[str, str]
    ) -> None:
        self._host, self._rig, self._core, self._person = host, rig, core, person
        self._writing_back, self._upkeep = WritingBack(host), Upkeep(host, pace_s=0.01)

    def tell(self) -> None:
        """Let it happen."""
        vendor = self._rig.vendor
        vendor.fail("make", Fault.REFUSED, Fault.UNAVAILABLE, Fault.LOST_AFTER)
        self._reach(CONFIRMED)
        self._reach(CHANGED)
        self._rig.clock.step(HOUR)
        self._reach(CONFIRMED, **LATER)
        self._rig.wait_for_late_requests()
        self._core.fail(RejectedError("it does not take this"))
        self._reach(CHANGED, **LATER)
        vendor.fail("end", Fault.LOST_BEFORE, Fault.LOGGED_OUT)
        self._reach(CANCELLED, held=LINK)
        self._rig.clock.step(HOUR)
        self._reach(CANCELLED, held=LINK)
        self._upkeep.stop()

    def _reach(self, status: str, **booking: Any) -> None:
        person = self._person
        told = event(status, email=person["email"], **booking)
        told["booking"]["customer"] |= {
            "first_name": person["first-name"],
            "last_name": person["last-name"],
            "phone": person["phone"],
        }
        self._host.dispatch(told)
        self._upkeep.sweep()
        self._rig.clock.step(DELAY_S)
        self._writing_back.deliver()


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rig_in_memory: Rig) -> Workplace:
    workplace = Workplace(tmp_path, monkeypatch)
    rig_in_memory.configure()
    return workplace


@pytest.fixture
def story(
    host: IntegrationHost,
    rig_in_memory: Rig,
    core: InMemoryCore,
    invented_person: Mapping[str, str],
) -> Story:
    return Story(host, rig_in_memory, core, invented_person)


@pytest.fixture
def said(workplace: Workplace, story: Story, caplog: pytest.LogCaptureFixture) -> str:
    """Return all that anybody can read without the key, once the story has happened."""
    with caplog.at_level(logging.DEBUG):
        story.tell()
        shown = [
            workplace.run(command, *form)
            for command in ("alerts", "audit")
            for form in ((), ("--json",))
        ]
    assert [ran.status for ran in shown] == [0] * 4
    files = [path.read_bytes().decode("latin-1") for path in workplace.folder.glob("*.db*")]
    return "\n".join([*files, caplog.text, *(ran.out + ran.err for ran in shown)])


def test_the_story_has_something_to_tell(said: str, host: IntegrationHost) -> None:
    assert {"came in", "answer", "failed", "wrote", "not written"} <= {*_whats(host)}
    assert "a-1" in said


def test_nothing_of_a_person_can_be_read_in_the_ledger_the_log_or_what_people_are_shown(
    said: str, invented_person: Mapping[str, str]
) -> None:
    found = [word for word in invented_person.values() if word.casefold() in said.casefold()]

    assert found == []
    assert invented_person["phone"].removeprefix("+31") not in said


def test_no_audit_and_no_alert_tells_what_a_booking_field_held(
    said: str, host: IntegrationHost
) -> None:
    told = [str(dict(entry.detail)) for entry in host.audit()]
    told += [alert.message for alert in host.alerts()]

    assert said
    assert [line for line in told if LINK in line] == []
