"""Openings: what holds whatever a plugin does."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.conftest import Installed, InstallPlugin, OpenHost
from tests.host.opening_vendor import (
    NOW,
    PLUGIN,
    Clock,
    Doors,
    Entrance,
    kind,
    message,
    row,
)

_MAY_HAVE_OPENED = "The door may have opened: look, before you press again."
_ELSEWHERE = """
import sys
from datetime import datetime
import httpx
from ireserve_integrations import IntegrationHost
from tests.host.opening_vendor import booking
now = datetime.fromisoformat(sys.argv[2])
asked = []
def vendor(request):
    asked.append(request)
    return httpx.Response(204)
transport = httpx.MockTransport(vendor)
with IntegrationHost.open(sys.argv[1], clock=lambda: now, transport=transport) as host:
    [outcome] = host.open_lock("main", booking(), "front")
print(outcome.outcome, *outcome.warnings, len(asked))
"""

Enter = Callable[..., Entrance]


@pytest.fixture
def plugin(install_plugin: InstallPlugin) -> Installed:
    return install_plugin("fake", PLUGIN)


@pytest.fixture
def enter(plugin: Installed, open_host: OpenHost, tmp_path: Path) -> Enter:
    """Open a host on the test's one ledger; every one reaches the same vendor."""
    clock = Clock()
    doors = Doors(tmp_path / "ireserve-integrations.db", clock)

    def open_one(text: str = row("main", "front"), head: str = "") -> Entrance:
        host = open_host(head + text, clock=clock, transport=httpx.MockTransport(doors))
        return Entrance(host, doors, clock)

    return open_one


@pytest.fixture
def entrance(enter: Enter) -> Entrance:
    return enter()


# --- one press, one opening -----------------------------------------------------------------------


def test_the_claim_is_on_disk_before_the_request_leaves(entrance: Entrance) -> None:
    entrance.press()

    assert entrance.doors.claims == [[("front", False)]]
    assert entrance.doors.openings() == [("front", True)]


def test_a_second_press_within_ten_seconds_opens_nothing_and_says_when_it_opened(
    entrance: Entrance,
) -> None:
    entrance.press()
    entrance.clock.step(9.9)

    second = entrance.press()

    assert (second.outcome, second.ok, second.error) == ("unchanged", True, None)
    assert second.warnings == ("it opened at 2026-11-21T10:00:00+0100",)
    assert (second.fields, second.status, second.lock) == ({}, None, "front")
    assert entrance.doors.asked == ["front"]


def test_a_press_after_ten_seconds_opens_again(entrance: Entrance) -> None:
    entrance.press()
    entrance.clock.step(10)

    assert entrance.press().outcome == "opened"
    assert entrance.doors.asked == ["front", "front"]


def test_ten_seconds_begin_when_the_lock_has_opened(entrance: Entrance) -> None:
    entrance.doors.take("front", 8)
    entrance.press()
    entrance.clock.step(9)

    second = entrance.press()

    assert second.outcome == "unchanged"
    assert second.warnings == ("it opened at 2026-11-21T10:00:08+0100",)


def test_a_claim_by_a_clock_that_ran_far_ahead_keeps_nobody_out(entrance: Entrance) -> None:
    entrance.clock.step(3600)
    entrance.press()
    entrance.clock.step(-3600)

    assert entrance.press().outcome == "opened"


def test_presses_at_once_on_many_threads_open_once(entrance: Entrance) -> None:
    _, opens = entrance.doors.hold("front")
    with ThreadPoolExecutor(8) as pool:
        presses = [pool.submit(entrance.press) for _ in range(8)]
        opens.set()
        outcomes = sorted(press.result(timeout=20).outcome for press in presses)

    assert outcomes == ["opened"] + ["unchanged"] * 7
    assert entrance.doors.asked == ["front"]


def test_a_press_while_the_first_is_under_way_says_when_that_was_asked(entrance: Entrance) -> None:
    reached, opens = entrance.doors.hold("front")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(entrance.press)
        assert reached.wait(20)
        second = entrance.press()
        opens.set()

    assert first.result().outcome == "opened"
    assert second.outcome == "unchanged"
    assert second.warnings == ("it was asked to open at 2026-11-21T10:00:00+0100",)


def test_a_press_at_another_host_opens_nothing_again(entrance: Entrance, enter: Enter) -> None:
    entrance.press()

    assert enter().press().outcome == "unchanged"
    assert entrance.doors.asked == ["front"]


def test_a_press_in_another_process_opens_nothing_again(
    entrance: Entrance, plugin: Installed, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    entrance.press()
    paths = os.pathsep.join([str(plugin.folder), str(Path(__file__).parents[2])])

    ran = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, tmp_path / "integrations.toml", NOW.isoformat()],
        env={**os.environ, **environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.stdout == "unchanged it opened at 2026-11-21T10:00:00+0100 0\n", ran.stderr


def test_another_integration_with_the_same_lock_opens_nothing_again(enter: Enter) -> None:
    entrance = enter(row("main", "front") + row("other", "front"))
    entrance.press()

    assert entrance.press(name="other").outcome == "unchanged"


def test_another_booking_and_another_lock_are_other_openings(entrance: Entrance) -> None:
    entrance.press()

    assert entrance.press("side").outcome == "opened"
    assert entrance.press(id="15493").outcome == "opened"


# --- what a failure leaves behind -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "advice"),
    [
        (403, "RejectedError", "Nothing was opened."),
        (429, "UnavailableError", "Nothing was opened. Try again."),
    ],
)
def test_a_definite_failure_may_be_repeated_at_once(
    entrance: Entrance, status: int, error: str, advice: str
) -> None:
    entrance.doors.answer("front", status)
    failed = entrance.press()
    del entrance.doors.answers["front"]

    again = entrance.press()

    assert (failed.outcome, kind(failed)) == ("failed", error)
    assert message(failed).endswith(f"{status}. {advice}")
    assert (again.outcome, again.status) == ("opened", "98")


def test_a_lost_reply_keeps_its_claim_and_says_that_the_door_may_have_opened(
    entrance: Entrance,
) -> None:
    entrance.doors.cut("front")

    lost = entrance.press()
    again = entrance.press()

    assert (lost.outcome, kind(lost)) == ("failed", "OutcomeUnknownError")
    assert message(lost).endswith(_MAY_HAVE_OPENED)
    assert again.outcome == "unchanged"
    assert again.warnings == ("it was asked to open at 2026-11-21T10:00:00+0100",)
    assert entrance.doors.asked == ["front"]


def test_an_opening_whose_reply_was_lost_is_not_the_first(entrance: Entrance) -> None:
    entrance.doors.cut("front")
    entrance.press()
    entrance.clock.step(10)
    del entrance.doors.answers["front"]

    assert entrance.press().status == "98"


def test_a_call_that_hangs_before_its_request_opened_nothing(enter: Enter) -> None:
    entrance = enter(head="[host]\ncall_deadline_s = 0.3\n")

    hung = entrance.press("hangs")

    assert (hung.outcome, kind(hung)) == ("failed", "UnavailableError")
    assert message(hung).endswith("Nothing was opened. Try again.")
    assert (entrance.doors.asked, entrance.doors.openings()) == ([], [])


def test_a_call_that_hangs_after_its_request_may_have_opened(enter: Enter) -> None:
    entrance = enter(head="[host]\ncall_deadline_s = 0.3\n")
    _, over = entrance.doors.hold("front")

    hung = entrance.press()
    again = entrance.press()
    over.set()

    assert (hung.outcome, kind(hung)) == ("failed", "OutcomeUnknownError")
    assert message(hung).endswith(_MAY_HAVE_OPENED)
    assert again.outcome == "unchanged"


# --- what the booking core is told ----------------------------------------------------------------


def test_fields_and_status_come_with_the_first_opening_only(entrance: Entrance) -> None:
    first = entrance.press()
    entrance.clock.step(60)
    later = entrance.press()

    assert first.fields == {"custom21": "2026-11-21T10:00:00+0100"}
    assert (first.status, first.warnings) == ("98", ("the first",))
    assert (later.outcome, later.fields, later.status) == ("opened", {}, None)
    assert later.warnings == ()


def test_another_lock_of_the_booking_is_no_first_opening(entrance: Entrance) -> None:
    entrance.press()

    assert (entrance.press("side").fields, entrance.press("back").status) == ({}, None)


def test_another_host_knows_that_the_booking_was_opened(entrance: Entrance, enter: Enter) -> None:
    entrance.press()
    entrance.host.close()
    entrance.clock.step(60)

    later = enter().press()

    assert (later.outcome, later.fields, later.status) == ("opened", {}, None)


def test_another_integration_has_a_first_opening_of_its_own(enter: Enter) -> None:
    entrance = enter(row("main", "front") + row("other", "side"))
    entrance.press()

    assert entrance.press("side", name="other").status == "98"


def test_every_booking_has_a_first_opening(entrance: Entrance) -> None:
    entrance.press()

    assert entrance.press(id="15493").status == "98"
