"""IntegrationHost: what a booking core hands over, and what it gets back."""

import sqlite3
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ireserve_integrations import BookedObject, Booking, IntegrationHost, Outcome, StatusChange

if TYPE_CHECKING:
    from tests.conftest import InstallPlugin, OpenHost

_START = datetime.fromisoformat("2199-11-21T10:00:00+01:00")
_BOOKING = Booking(
    id="15492", start=_START, end=_START.replace(hour=12), objects=(BookedObject(object="17"),)
)
_CHANGE = StatusChange(booking=_BOOKING, new_status="30")
_GRANTING = """
import threading
from ireserve_integrations.kit.standing import standing_status
let_go = threading.Event()
let_go.set()

class Plugin(Plain):
    "Grants at 30, ends at 70."
    @hookimpl
    def on_status_change(self, integration, change, context):
        let_go.wait(20)
        standing = standing_status(change, {"30", "70"})
        if standing != "30":
            return Receipt(outcome="revoke", standing=standing)
        if change.fits:
            return Receipt(outcome="unchanged", standing=standing)
        if not integration.active:
            return Receipt(outcome="skipped", standing=standing)
        window = Window(start=change.booking.start, end=change.booking.end)
        grant = Grant(reference=f"{integration.id}-{change.booking.id}", window=window)
        return Receipt(outcome="granted", standing=standing, grant=grant)

    @hookimpl
    def revoke_access(self, grant):
        return True
"""
_ONE = '[[integrations]]\nid = "one"\nvendor = "fake"\n'
_TWO = '[[integrations]]\nid = "two"\nvendor = "fake"\n'
_INACTIVE = f"{_TWO}active = false\n"


@pytest.fixture(autouse=True)
def vendor(install_plugin: "InstallPlugin") -> Any:
    """A vendor that grants."""
    return install_plugin("fake", _GRANTING).module


def _event(booking: str = "15492", status: str = "30", **more: Any) -> dict[str, Any]:
    said = {
        "id": booking,
        "start": "2199-11-21T10:00:00+01:00",
        "end": "2199-11-21T12:00:00+01:00",
        "objects": [{"object": "17"}],
        "fields": {},
    }
    return {"new_status": status, "booking": said | more}


def _told(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(one.booking, one.integration, one.outcome) for one in outcomes]


# --- the five lines -------------------------------------------------------------------------------


def test_five_lines_are_enough(tmp_path: Path, environ: Mapping[str, str]) -> None:
    tmp_path.joinpath("integrations.toml").write_text(_ONE)

    with IntegrationHost.open(tmp_path / "integrations.toml", environ=environ) as host:
        (outcome,) = host.dispatch(_event())

    assert outcome == Outcome(
        integration="one",
        vendor="fake",
        booking="15492",
        outcome="granted",
        reference="one-15492",
    )
    assert outcome.ok


def test_the_ledger_stands_beside_the_configuration(open_host: "OpenHost", tmp_path: Path) -> None:
    open_host()

    path = tmp_path / "ireserve-integrations.db"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_ledger_may_stand_elsewhere(open_host: "OpenHost", tmp_path: Path) -> None:
    open_host(database=f"sqlite:///{tmp_path}/elsewhere.db")

    assert tmp_path.joinpath("elsewhere.db").exists()
    assert not tmp_path.joinpath("ireserve-integrations.db").exists()


# --- what a change may be -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "bookings"),
    [
        (_CHANGE, ["15492"]),
        (_event(), ["15492"]),
        ([_event("2"), _CHANGE, _event("1")], ["2", "15492", "1"]),
        ((_CHANGE,), ["15492"]),
        ([], []),
    ],
)
def test_a_change_is_a_value_or_an_event_or_several(
    open_host: "OpenHost", change: Any, bookings: list[str]
) -> None:
    outcomes = open_host(_ONE).dispatch(change)

    assert [(one.booking, one.outcome) for one in outcomes] == [(b, "granted") for b in bookings]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "booking: is missing"),
        (_event(start="2199-11-21T10:00:00"), "booking.start: '2199-11-21T10:00:00' has no time"),
        (_event(end="2199-11-21T09:00:00Z"), "booking.end: is not after start"),
        ([_CHANGE, _event(id="..")], "event 2: booking.id: '..' cannot be used as an id"),
        ("30", "is no event: "),
        (None, "is no event: "),
    ],
)
def test_what_is_no_event_names_the_field_and_nothing_is_written(
    open_host: "OpenHost", tmp_path: Path, change: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=f"^{told}|; {told}"):
        open_host(_ONE).dispatch(change)

    with closing(sqlite3.connect(tmp_path / "ireserve-integrations.db")) as connection:
        assert connection.execute("SELECT * FROM events").fetchall() == []


# --- which outcomes there are ---------------------------------------------------------------------


def test_outcomes_come_by_booking_then_in_the_order_of_the_file(open_host: "OpenHost") -> None:
    host = open_host(_TWO + _ONE)

    outcomes = host.dispatch([_event("9"), _event("1"), _event("9", status="40")])

    assert _told(outcomes) == [
        ("9", "two", "granted"),
        ("9", "one", "granted"),
        ("1", "two", "granted"),
        ("1", "one", "granted"),
    ]


def test_changes_of_one_booking_fold_into_one_outcome(open_host: "OpenHost") -> None:
    outcomes = open_host(_ONE).dispatch([_event(), _event(status="70")])

    assert _told(outcomes) == [("15492", "one", "skipped")]


def test_an_inactive_integration_without_a_grant_is_skipped(open_host: "OpenHost") -> None:
    outcomes = open_host(_ONE + _INACTIVE).dispatch(_event())

    assert _told(outcomes) == [("15492", "one", "granted"), ("15492", "two", "skipped")]


def test_an_integration_that_is_configured_no_more_and_holds_a_grant_is_told(
    open_host: "OpenHost",
) -> None:
    open_host(_TWO + _ONE).dispatch([_event(), _event("1")])
    host = open_host(_ONE)

    one, left_behind = host.dispatch(_event(status="70"))

    assert (one.integration, one.outcome) == ("one", "revoked")
    assert (left_behind.integration, left_behind.vendor) == ("two", "fake")
    assert left_behind.error is not None
    assert (left_behind.outcome, left_behind.error.kind) == ("failed", "ConfigError")
    assert "integration two of vendor fake is configured no more" in left_behind.error.message


def test_an_integration_that_is_configured_no_more_and_holds_nothing_is_not_told(
    open_host: "OpenHost",
) -> None:
    open_host(_TWO + _ONE).dispatch([_event(), _event(status="70")])

    assert _told(open_host(_ONE).dispatch(_event(status="70"))) == [("15492", "one", "skipped")]


def test_what_another_body_says_under_a_known_event_id_is_warned_of(open_host: "OpenHost") -> None:
    host = open_host(_ONE)
    host.dispatch(_event() | {"event_id": "e-1"})

    (outcome,) = host.dispatch(_event(status="70") | {"event_id": "e-1"})

    assert outcome.outcome == "unchanged"
    assert outcome.warnings == (
        "event e-1 was known already and said something else; what it says now is ignored",
    )


def test_each_outcome_is_told_as_it_comes(open_host: "OpenHost") -> None:
    told: list[Outcome] = []

    outcomes = open_host(_ONE + _TWO).dispatch([_event("1"), _event("2")], progress=told.append)

    assert sorted(map(repr, told)) == sorted(map(repr, outcomes))


def test_what_is_not_done_by_the_deadline_is_still_owed(open_host: "OpenHost", vendor: Any) -> None:
    host = open_host(f"[host]\nlate_request_s = 0\n{_ONE}")
    vendor.let_go.clear()

    (late,) = host.dispatch(_event(), deadline_s=0.3)
    vendor.let_go.set()
    (made_good,) = host.dispatch(_event())

    assert late.error is not None
    assert (late.outcome, late.error.kind, late.ok) == ("pending", "UnavailableError", False)
    assert (made_good.outcome, made_good.reference) == ("granted", "one-15492")


def test_without_any_time_a_change_is_written_down(open_host: "OpenHost") -> None:
    host = open_host(_ONE)

    (outcome,) = host.dispatch(_event(), deadline_s=0)

    assert outcome.outcome == "pending"
    assert host.known_booking("15492") == replace(_BOOKING, status="30")


def test_threads_share_a_host(open_host: "OpenHost") -> None:
    host, together = open_host(_ONE), threading.Barrier(8)

    def dispatch(number: int) -> list[Outcome]:
        together.wait(20)
        return host.dispatch(_event(str(number)), deadline_s=20)

    with ThreadPoolExecutor(8) as pool:
        outcomes = [one for (one,) in pool.map(dispatch, range(8))]

    assert _told(outcomes) == [(str(number), "one", "granted") for number in range(8)]
