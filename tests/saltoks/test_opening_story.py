"""Salto KS through the host, over real HTTP: from an empty ledger to an open door."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.conftest import OpenHost
from tests.saltoks.opening_rig import DOOR, IQ, STUDIO, Office, kind, message, toml

from ireserve_saltoks.sandbox import SaltoksSandbox


class Clock(Protocol):
    def __call__(self) -> Any: ...

    def step(self, **by: float) -> None: ...


OpenOffice = Callable[..., Office]


@pytest.fixture
def open_office(
    salto: SaltoksSandbox, clock: Clock, open_host: OpenHost, environ: dict[str, str]
) -> OpenOffice:
    """Open hosts on the test's one ledger, each with the settings of its own."""

    def open_one(row: dict[str, Any] | None = None, **options: Any) -> Office:
        text = toml(row or salto.integration())
        surroundings = environ | salto.environment()
        host = open_host(text, **{"clock": clock, "environ": surroundings} | options)
        return Office(host, salto)

    return open_one


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    return open_office()


@pytest.fixture
def ready(office: Office) -> Office:
    """The IQ is activated, and the booking confirmed."""
    office.activate()
    office.reach("30")
    office.salto.forget_requests()
    return office


@pytest.fixture
def warm(ready: Office, clock: Clock) -> Office:
    """The door has been opened once, a minute ago."""
    ready.open()
    clock.step(seconds=60)
    ready.salto.forget_requests()
    return ready


# --- the whole story ------------------------------------------------------------------------------


def test_the_set_up_guide_leads_from_an_empty_ledger_to_an_open_door(office: Office) -> None:
    host, salto = office.host, office.salto

    problems = [each.message for _, each in host.validate() if each.severity == "error"]
    before = {each.name: each.status for each in host.check("salto-main")}
    targets = {each.name for each in host.list_mapping_targets("salto-main")}
    site = host.perform_action("salto-main", "resolve_site_id")
    delivery = host.perform_action("salto-main", "get_pin")
    activated = office.set_pin(salto.delivered[0].pin)
    [granted] = office.reach("30")
    [opened] = office.open()
    after = {each.name: each.status for each in host.check("salto-main")}

    assert problems == []
    assert "failed" in before.values()
    assert {DOOR, STUDIO} <= targets
    assert site.ok
    assert "site_id" in site.settings
    assert "on its way" in delivery.message
    assert "IQ is activated" in activated.message
    assert granted.outcome == "granted"
    assert opened.outcome == "opened"
    assert [name for name, status in after.items() if status == "failed"] == []
    assert [each.lock for each in salto.openings] == [DOOR]


def test_a_status_change_asks_the_vendor_nothing(ready: Office) -> None:
    outcomes = [ready.reach(status)[0].outcome for status in ("98", "40", "30", "70")]

    assert outcomes == ["unchanged", "revoked", "granted", "revoked"]
    assert ready.salto.requests == ()


def test_a_first_opening_says_when_and_which_status(ready: Office) -> None:
    [opened] = ready.open()

    assert (opened.outcome, opened.lock) == ("opened", ready.salto.lock_id(DOOR))
    assert opened.fields == {"custom21": "2026-11-21T10:00:00+0100"}
    assert opened.status == "98"


def test_a_later_opening_changes_neither_field_nor_status(warm: Office) -> None:
    [later] = warm.open()

    assert (later.outcome, later.fields, later.status) == ("opened", {}, None)
    assert len(warm.salto.openings) == 2


def test_a_warm_opening_is_one_request(warm: Office) -> None:
    warm.open()

    assert [each.method for each in warm.salto.requests] == ["PATCH"]


def test_a_second_press_opens_nothing_and_asks_nothing(ready: Office, clock: Clock) -> None:
    ready.open()
    ready.salto.forget_requests()
    clock.step(seconds=5)

    [second] = ready.open()

    assert second.outcome == "unchanged"
    assert second.warnings == ("it opened at 2026-11-21T10:00:00+0100",)
    assert ready.salto.requests == ()


def test_the_check_in_status_goes_on_opening(warm: Office) -> None:
    warm.reach("98")

    assert warm.open()[0].outcome == "opened"


def test_a_field_that_is_filled_already_is_kept_with_a_warning(ready: Office) -> None:
    [opened] = ready.open(fields={"custom21": "typed"})

    assert (opened.outcome, opened.fields, opened.status) == ("opened", {}, "98")
    assert opened.warnings == ("custom21 is filled already, and is kept as it is",)


def test_a_new_host_opens_with_what_the_ledger_keeps(
    ready: Office, open_office: OpenOffice
) -> None:
    ready.host.close()

    assert open_office().open()[0].outcome == "opened"


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            {"start": "2026-11-21T11:00:00+01:00"},
            "opens from 2026-11-21T10:45:00+0100, 15 minutes before its start",
        ),
        (
            {"start": "2026-11-21T08:00:00+01:00", "end": "2026-11-21T10:00:00+01:00"},
            "ended at 2026-11-21T10:00:00+0100",
        ),
        ({"status": "40"}, "the booking has status 40, which allows no opening"),
        ({"status": None}, "the booking has no status, which allows no opening"),
    ],
)
def test_a_booking_that_allows_no_opening_is_refused_with_the_reason(
    warm: Office, said: dict[str, Any], reason: str
) -> None:
    [refused] = warm.open(id="15493", **said)

    assert (refused.outcome, kind(refused)) == ("refused", "RejectedError")
    assert DOOR in message(refused)
    assert reason in message(refused)
    assert warm.salto.requests == ()


def test_an_object_without_a_mapping_row_is_refused(warm: Office) -> None:
    [refused] = warm.open(id="15493", objects=[{"object": "18"}])

    assert (refused.outcome, refused.lock) == ("refused", None)
    assert message(refused) == "no mapping row for 18: there is no lock to open."
    assert warm.salto.requests == ()


def test_a_lock_that_the_booking_is_not_mapped_to_is_refused(warm: Office) -> None:
    [refused] = warm.open(lock=warm.salto.lock_id(STUDIO))

    assert refused.outcome == "refused"
    assert "is not mapped to this lock" in message(refused)


def test_a_cancelled_booking_opens_nothing_even_from_a_stale_file(warm: Office) -> None:
    warm.reach("70")

    [stale] = warm.open(status="30")
    [by_id] = warm.host.open_lock("salto-main", "15492")

    assert [stale.outcome, by_id.outcome] == ["refused", "refused"]
    assert "the booking as it was last changed has status 70" in message(stale)
    assert warm.salto.requests == ()


def test_an_inactive_integration_opens_nothing(warm: Office, open_office: OpenOffice) -> None:
    inactive = open_office(warm.salto.integration() | {"active": False})

    [refused] = inactive.open()

    assert refused.outcome == "refused"
    assert "salto-main is inactive: it opens nothing" in message(refused)
    assert warm.salto.requests == ()


def test_an_iq_that_is_not_activated_is_refused_without_a_code(office: Office) -> None:
    [refused] = office.open()

    assert refused.outcome == "refused"
    assert "GET PIN, then Set PIN" in message(refused)
    assert "PATCH" not in {each.method for each in office.salto.requests}


# --- what is nowhere in plain text ----------------------------------------------------------------


def test_secrets_are_in_no_file_log_or_outcome(
    office: Office, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    salto = office.salto
    salto.next_pin = pin = "8305"
    said = [office.get_pin(), office.set_pin(pin), *office.reach("30"), *office.open()]
    clock.step(seconds=60)
    secrets = [salto.activation(IQ).secret]
    salto.rotate_secret(IQ)
    said += office.open()
    codes = [code for each in salto.requests if (code := office.code(each))]
    hidden = [pin, *secrets, salto.password, salto.client_secret, *codes]

    files = sorted(tmp_path.glob("ireserve-integrations.db*"))
    written = "".join(path.read_bytes().decode("latin-1") for path in files)
    spoken = repr(said) + caplog.text

    assert len(codes) == 3
    assert len(files) == 3
    assert [each for each in hidden if re.search(rf"\b{re.escape(each)}\b", written)] == []
    assert [each for each in hidden if re.search(rf"\b{re.escape(each)}\b", spoken)] == []
