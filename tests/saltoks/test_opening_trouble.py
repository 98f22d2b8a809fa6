"""Salto KS through the host, over real HTTP: wrong codes, lost replies, and locks of every kind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import pytest
from tests.conftest import OpenHost
from tests.saltoks.opening_rig import ANNEX, DOOR, IQ, STUDIO, Office, kind, message, toml

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


def every_lock(salto: SaltoksSandbox, *labels: str) -> dict[str, Any]:
    """Return the sandbox's row with object 17 mapped to these locks."""
    targets = [salto.lock_id(label) for label in labels]
    return salto.integration() | {"mapping": [{"object": "17", "targets": targets}]}


def patches(salto: SaltoksSandbox) -> int:
    """Return how many openings were asked for."""
    return [each.method for each in salto.requests].count("PATCH")


# --- wrong codes ----------------------------------------------------------------------------------


def test_a_wrong_clock_is_rejected_and_held_back_after_three(
    ready: Office, open_office: OpenOffice, clock: Clock
) -> None:
    late = open_office(clock=lambda: clock() + timedelta(hours=1))

    outcomes = [late.open()[0] for _ in range(3)]
    [held_back] = late.open()

    assert [(one.outcome, kind(one)) for one in outcomes] == [("failed", "RejectedError")] * 3
    assert "this machine's clock is wrong" in message(outcomes[0])
    assert message(outcomes[0]).endswith("Nothing was opened.")
    assert held_back.outcome == "refused"
    assert "3 codes in a row were wrong" in message(held_back)
    assert patches(ready.salto) == 3
    assert ready.salto.openings == ()


def test_wrong_codes_hold_back_a_new_host_too_until_confirm_pin_is_accepted(
    ready: Office, open_office: OpenOffice, clock: Clock
) -> None:
    late = open_office(clock=lambda: clock() + timedelta(hours=1))
    [late.open() for _ in range(3)]
    late.host.close()
    anew = open_office()

    [held_back] = anew.open()
    confirmed = anew.confirm_pin()
    clock.step(minutes=30)  # the sandbox blocks the user for twenty
    [opened] = anew.open()

    assert held_back.outcome == "refused"
    assert confirmed.ok
    assert opened.outcome == "opened"


def test_a_block_is_waited_out_for_25_minutes(ready: Office, clock: Clock) -> None:
    ready.salto.block(IQ, "open")

    [blocked] = ready.open()
    clock.step(minutes=24)
    [held_back] = ready.open()
    clock.step(minutes=1)
    [opened] = ready.open()

    assert (blocked.outcome, kind(blocked)) == ("failed", "UnavailableError")
    assert "Nothing is sent for 25 minutes" in message(blocked)
    assert message(blocked).endswith("Nothing was opened.")
    assert held_back.outcome == "refused"
    assert "none is sent until 2026-11-21T10:25:00+0100" in message(held_back)
    assert opened.outcome == "opened"
    assert patches(ready.salto) == 2


# --- what does not answer -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lost_reply", "cut", "server_error"])
def test_an_opening_without_a_reply_may_have_opened_and_is_not_repeated(
    ready: Office, fault: str
) -> None:
    ready.salto.fault(fault, method="PATCH")

    [lost] = ready.open()
    [again] = ready.open()

    assert (lost.outcome, kind(lost)) == ("failed", "OutcomeUnknownError")
    assert message(lost).startswith(f"{DOOR}: the door may have opened")
    assert again.outcome == "unchanged"
    assert again.warnings == ("it was asked to open at 2026-11-21T10:00:00+0100",)
    assert patches(ready.salto) == 1


def test_a_lost_reply_leaves_the_first_opening_to_the_next_press(
    ready: Office, clock: Clock
) -> None:
    ready.salto.fault("lost_reply", method="PATCH")
    ready.open()
    clock.step(seconds=10)

    [opened] = ready.open()

    assert (opened.outcome, opened.status) == ("opened", "98")


def test_an_opening_that_salto_could_not_do_may_be_repeated_at_once(ready: Office) -> None:
    ready.salto.set_offline(DOOR)
    [offline] = ready.open()
    ready.salto.set_offline(DOOR, offline=False)

    [opened] = ready.open()

    assert (offline.outcome, kind(offline)) == ("failed", "UnavailableError")
    assert "may be offline" in message(offline)
    assert opened.outcome == "opened"


def test_an_outage_before_anything_was_asked_opened_nothing(ready: Office) -> None:
    ready.salto.close()

    [failed] = ready.open()

    assert (failed.outcome, kind(failed)) == ("failed", "UnavailableError")
    assert "Nothing was opened. Try again." in message(failed)


# --- locks of every kind --------------------------------------------------------------------------


def test_every_mapped_lock_has_a_result_of_its_own(ready: Office, open_office: OpenOffice) -> None:
    labels = (DOOR, STUDIO, "Council chamber", "Bicycle shed", "Archive")
    names = {ready.salto.lock_id(label): label for label in labels}
    office = open_office(every_lock(ready.salto, *labels))

    outcomes = {names[one.lock or ""]: one for one in office.open()}

    assert {label: one.outcome for label, one in outcomes.items()} == {
        DOOR: "opened",
        "Bicycle shed": "opened",
        "Council chamber": "failed",
        STUDIO: "refused",
        "Archive": "refused",
    }
    assert "hangs on no IQ" in message(outcomes["Archive"])
    assert f"{ANNEX} is not activated" in message(outcomes[STUDIO])
    assert [one.status for one in outcomes.values()].count("98") == 1
    assert {each.lock for each in ready.salto.openings} == {DOOR, "Bicycle shed"}


def test_an_iq_that_asks_for_no_code_gets_none(office: Office, open_office: OpenOffice) -> None:
    shed = open_office(every_lock(office.salto, "Bicycle shed"))

    [opened] = shed.open()

    [sent] = [each for each in office.salto.requests if each.method == "PATCH"]
    assert opened.outcome == "opened"
    assert "otp" not in repr(sent.json)


def test_two_iqs_open_each_with_a_secret_and_a_pin_of_its_own(
    ready: Office, open_office: OpenOffice
) -> None:
    ready.activate(ANNEX)
    office = open_office(every_lock(ready.salto, DOOR, STUDIO))

    assert [one.outcome for one in office.open()] == ["opened", "opened"]


def test_wrong_codes_at_one_iq_keep_no_other_from_opening(
    ready: Office, open_office: OpenOffice
) -> None:
    ready.activate(ANNEX)
    ready.salto.rotate_secret(IQ)
    office = open_office(every_lock(ready.salto, DOOR, STUDIO))
    door, studio = ready.salto.lock_id(DOOR), ready.salto.lock_id(STUDIO)

    refused = [office.open(door)[0].outcome for _ in range(4)]

    assert refused == ["failed", "failed", "failed", "refused"]
    assert office.open(studio)[0].outcome == "opened"


def test_a_lock_that_is_gone_from_the_site_is_refused(ready: Office) -> None:
    ready.salto.remove_lock(DOOR)

    [gone] = ready.open()

    assert gone.outcome == "refused"
    assert "the site has no such lock; correct the mapping" in message(gone)
